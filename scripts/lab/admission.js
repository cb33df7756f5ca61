// npm run lab -- admission: scores the admission controller, on a model and in real runs (docs/admission.md).
const fs = require('node:fs');
const { checkArguments, TYPESCRIPT, usageOf } = require('../lib/arguments/arguments');
const { build } = require('../build');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { withLock } = require('../lib/running/lock');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { exitCodeOf } = require('../lib/running/run');
const mariadb = require('../lib/services/mariadb/mariadb');
const { ensurePackages } = require('../lib/services/packages');
const redis = require('../lib/services/redis');
const { findTool } = require('../lib/tools/tools');

const OPTIONS = 'lab/admission/options.ts';

/** After a signal the runner ends its children at once, so a longer wait is a hang. */
const PATIENCE_MS = 10_000;

/** @returns the exit code; the program has printed what went wrong */
const score = (args, options) =>
  exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'admission', 'main.ts'), ...args], options);

async function run(args) {
  listen();
  await checkArguments(OPTIONS, args);
  await ensureDependencies();
  if (args.includes('--model')) {
    await build(); // the model uses the product's own controller
    return score(args);
  }
  if (process.platform !== 'linux')
    throw new Failure('The real runs need Linux.', { todo: 'npm run lab -- admission --model' });
  fs.mkdirSync(inRoot('results'), { recursive: true });
  const k6 = await withLock(async () => {
    await ensurePackages([mariadb, redis]);
    await build();
    return findTool('k6');
  });
  return score(args, { env: { ...process.env, ADMISSION_K6: k6 }, patienceMs: PATIENCE_MS });
}

module.exports = {
  about: 'scores the admission controller against the best fixed limit',
  usage: () => usageOf(OPTIONS),
  run,
};
