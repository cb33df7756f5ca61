// npm run doors [-- shape … --caps N,… --seconds N --runs N --save]: real runs that score the adaptive door.
const fs = require('node:fs');
const { refusedBy, TYPESCRIPT } = require('./lib/arguments');
const { build } = require('./build');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { withLock } = require('./lib/lock');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { exitCodeOf } = require('./lib/run');
const mariadb = require('./lib/services/mariadb');
const { ensurePackages } = require('./lib/services/packages');
const redis = require('./lib/services/redis');
const { findTool } = require('./lib/tools');

/** After a signal: the runner ends its children at once, so that more is a hang. */
const PATIENCE_MS = 10_000;

/** @returns the exit code; what went wrong has been said */
const runner = (args, options) =>
  exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'admission', 'main.ts'), ...args], options);

runMain(async () => {
  listen();
  if (process.platform !== 'linux') throw new Failure('The doors are tried on Linux only.');
  const args = process.argv.slice(2);
  const refused = await refusedBy('lab/admission/options.ts', args);
  if (refused !== null) return refused;
  await ensureDependencies();
  fs.mkdirSync(inRoot('results'), { recursive: true });
  const k6 = await withLock(async () => {
    await ensurePackages([mariadb, redis]);
    await build(); // also of the score: it is the model's
    return findTool('k6');
  });
  return runner(args, { env: { ...process.env, DOORS_K6: k6 }, patienceMs: PATIENCE_MS });
});
