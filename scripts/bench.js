// npm run bench [-- name … --rounds 5 --seconds 3 --save]: our paths against their limits, in ratios.
const crypto = require('node:crypto');
const os = require('node:os');
const { refusedBy, TYPESCRIPT } = require('./lib/arguments');
const { build } = require('./build');
const { freshDatabase } = require('./lib/database');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { withLock } = require('./lib/lock');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { note, step } = require('./lib/progress');
const { exitCodeOf } = require('./lib/run');
const { ensureServices, release } = require('./lib/services');
const { query } = require('./lib/services/mariadb-client');
const { ensurePackages } = require('./lib/services/packages');

const TOOLS = {
  title: 'The load generator',
  packages: { commands: ['wrk', 'taskset'], debian: ['wrk', 'util-linux'] },
};
/** After a signal: children are killed at once, so that more is a hang. */
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
    note('wrk is not there and cannot be installed: a slower generator of our own is used');
  }
}

/** The lock is held by lab/bench/lib/database.ts: the benchmarks empty their database again and again. */
async function demandNoOther({ DATABASE_URL, DATABASE_ADMIN_URL }) {
  const name = `${decodeURIComponent(new URL(DATABASE_URL).pathname.slice(1))}_bench`;
  const [{ free }] = await query(DATABASE_ADMIN_URL, [`SELECT IS_FREE_LOCK('${name}') AS free`]);
  if (Number(free) !== 1) throw new Failure('Another npm run bench is using these services.');
}

async function prepare() {
  const urls = await ensureServices(['mariadb', 'redis'], { what: 'npm run bench', forTests: true });
  await build();
  await ensureTools();
  const env = { ...process.env, ...urls, TZ: 'UTC', NODE_ENV: 'test' };
  await step('a database of its own', async () => {
    await demandNoOther(urls);
    const TOKEN_SECRET = crypto.randomBytes(48).toString('base64url'); // demanded of every process; unused here
    Object.assign(env, await freshDatabase(urls, { suffix: 'bench', env: { ...env, TOKEN_SECRET } }));
  });
  return env;
}

/** @returns the exit code; what went wrong has been said */
const bench = (args, env, options) =>
  exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'bench', 'main.ts'), ...args], { env, ...options });

runMain(async () => {
  listen();
  const args = process.argv.slice(2);
  const refused = await refusedBy('lab/bench/options.ts', args);
  if (refused !== null) return refused;
  await ensureDependencies();
  checkMachine();
  try {
    const env = await withLock(prepare);
    return await bench(args, env, { patienceMs: PATIENCE_MS });
  } finally {
    await release();
  }
});
