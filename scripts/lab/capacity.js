// npm run lab -- capacity: what an on-sale of a given size needs (docs/scaling.md). It starts no service.
const { checkArguments, TYPESCRIPT, usageOf } = require('../lib/arguments/arguments');
const { build } = require('../build');
const { ensureDependencies } = require('../lib/dependencies');
const { listen } = require('../lib/running/interruption');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { exitCodeOf } = require('../lib/running/run');

const OPTIONS = 'lab/capacity/options.ts';

async function run(args) {
  listen();
  await checkArguments(OPTIONS, args);
  await ensureDependencies();
  await build(); // the model polls by the product's own rules
  return exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'capacity', 'main.ts'), ...args]);
}

module.exports = {
  about: 'computes what an on-sale of a given size needs',
  usage: () => usageOf(OPTIONS),
  run,
};
