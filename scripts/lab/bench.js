// npm run lab -- bench: the paths of the product against their limits, in ratios (docs/benchmarks.md).
const crypto = require('node:crypto');
const os = require('node:os');
const { checkArguments, TYPESCRIPT, usageOf } = require('../lib/arguments/arguments');
const { build } = require('../build');
const { freshDatabase } = require('../lib/database');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { withLock } = require('../lib/running/lock');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { note, step } = require('../lib/running/progress');
const { exitCodeOf } = require('../lib/running/run');
const { ensureServices, release } = require('../lib/services');
const { ensurePackages } = require('../lib/services/packages');

const OPTIONS = 'lab/bench/options.ts';

const TOOLS = {
  title: 'The load generator',
  packages: { commands: ['wrk', 'taskset'], debian: ['wrk', 'util-linux'] },
};
/** After a signal the children are killed at once, so a longer wait is a hang. */
const PATIENCE_MS = 10_000;

/** CPU times come from /proc, and server and generator need a core each. */
function checkMachine() {
  if (process.platform !== 'linux') throw new Failure('The benchmarks run on Linux only.');
  if (os.availableParallelism() < 2) throw new Failure('The benchmarks need two cores.');
}

async function ensureTools() {
  try {
    await ensurePackages([TOOLS]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    note('wrk is missing and cannot be installed: a slower generator in Node stands in for it');
  }
}

async function prepare() {
  const urls = await ensureServices(['mariadb', 'redis'], { what: 'npm run lab -- bench', forTests: true });
  await build();
  await ensureTools();
  const env = { ...process.env, ...urls, TZ: 'UTC', NODE_ENV: 'test' };
  await step('a separate database', async () => {
    const TOKEN_SECRET = crypto.randomBytes(48).toString('base64url'); // every process demands it; nothing uses it here
    Object.assign(env, await freshDatabase(urls, { suffix: 'bench', env: { ...env, TOKEN_SECRET } }));
  });
  return env;
}

/** @returns the exit code; the program has printed what went wrong */
const bench = (args, env, options) =>
  exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'bench', 'main.ts'), ...args], { env, ...options });

async function run(args) {
  listen();
  await checkArguments(OPTIONS, args);
  await ensureDependencies();
  checkMachine();
  try {
    const env = await withLock(prepare);
    return await bench(args, env, { patienceMs: PATIENCE_MS });
  } finally {
    await release();
  }
}

module.exports = { about: 'measures each path against its limit', usage: () => usageOf(OPTIONS), run };
