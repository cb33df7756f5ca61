// npm test [-- jest arguments]: checks and tests against real MariaDB, Redis and Kafka.
// With arguments (npm test -- test/queue) only jest runs.
const crypto = require('node:crypto');
const { build } = require('./build');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, Interrupted, runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { runJest } = require('./lib/jest');
const { withLock } = require('./lib/lock');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { step, summary } = require('./lib/progress');
const { run } = require('./lib/run');
const { ensureServices, release } = require('./lib/services');

async function prepare() {
  await ensureDependencies();
  const urls = await ensureServices(['mariadb', 'redis', 'kafka'], { what: 'npm test', forTests: true });
  await build();
  /** No request is turned away because this machine is slow. */
  const HTTP_QUEUE_MS = '60000';
  const TOKEN_SECRET = crypto.randomBytes(48).toString('base64url');
  const env = { ...process.env, ...urls, TOKEN_SECRET, NODE_ENV: 'test', TZ: 'UTC', HTTP_QUEUE_MS };
  await step('a fresh test database', async () => {
    const migrate = inRoot('dist', 'cli', 'migrate.js');
    await run(nodeBinary(), [migrate, 'down', '--to', '0'], { env, what: 'migrate down' });
    await run(nodeBinary(), [migrate, 'up'], { env, what: 'migrate up' });
  });
  return env;
}

/** A failing check does not keep the tests from running: one run tells everything. @returns its exit code */
async function check() {
  try {
    await step('check', () => run('npm', ['run', '--silent', 'check'], { inherit: true }), {
      inherits: true,
    });
    return 0;
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

runMain(async () => {
  listen();
  const jestArguments = process.argv.slice(2);
  let result = null;
  try {
    const env = await withLock(prepare);
    const checkCode = jestArguments.length > 0 ? 0 : await check();
    result = await runJest(jestArguments, env);
    return checkCode || result.code;
  } catch (error) {
    if (error instanceof Interrupted) process.stdout.write('interrupted\n');
    throw error;
  } finally {
    await release();
    process.stdout.write(`\nSteps: ${summary()}\n`);
    if (result?.counts) process.stdout.write(`${result.counts}\n`);
  }
});
