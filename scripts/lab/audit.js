// npm run lab -- audit: replays a sale from its transparency log (docs/transparency.md). It starts no service.
const { checkArguments, TYPESCRIPT, usageOf } = require('../lib/arguments/arguments');
const { ensureDependencies } = require('../lib/dependencies');
const { listen } = require('../lib/running/interruption');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { exitCodeOf } = require('../lib/running/run');

const OPTIONS = 'lab/audit/options.ts';

async function run(args) {
  listen();
  await checkArguments(OPTIONS, args);
  await ensureDependencies();
  return exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'audit', 'main.ts'), ...args]);
}

module.exports = {
  about: 'replays a sale from its transparency log, and judges it',
  usage: () => usageOf(OPTIONS),
  run,
};
