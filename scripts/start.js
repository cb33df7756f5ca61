// npm start: everything the API needs, then the API, until Ctrl-C.
const { readArguments } = require('./lib/arguments/arguments');
const { build } = require('./build');
const { checkAddress, readAddress, runUntilStopped, stopLeftOver } = require('./lib/api');
const { ensureDependencies } = require('./lib/dependencies');
const { runMain } = require('./lib/running/failure');
const { listen } = require('./lib/running/interruption');
const { withLock } = require('./lib/running/lock');
const { nodeBinary } = require('./lib/running/node-binary');
const { inRoot } = require('./lib/paths');
const { step } = require('./lib/running/progress');
const { run } = require('./lib/running/run');
const { ensureServices, release } = require('./lib/services');
const { secret } = require('./lib/state');

const TOKEN_SECRET_BYTES = 48;

const SEE_STORES = 'see the message above; the databases are described by "npm run services -- status".';
const SEE_VARIABLES = 'change the variables that are named above; "npm run check -- config" describes them.';

async function runCli(name, args, env, todo = SEE_STORES) {
  await run(nodeBinary(), [inRoot('dist', 'cli', `${name}.js`), ...args], { env, what: name, todo });
}

/** @returns {Promise<object>} the environment of the API */
async function prepare() {
  await ensureDependencies();
  await build();
  const TOKEN_SECRET = process.env.TOKEN_SECRET || secret('tokenSecret', TOKEN_SECRET_BYTES);
  await runCli('config', ['--check'], { ...process.env, TOKEN_SECRET }, SEE_VARIABLES);
  // Without KAFKA_BROKERS the API handles events in-process, so Kafka is only looked for when it is asked for.
  const names = ['mariadb', 'redis', ...(process.env.KAFKA_BROKERS ? ['kafka'] : [])];
  const { DATABASE_ADMIN_URL, ...urls } = await ensureServices(names, { what: 'npm start' });
  const env = { ...process.env, TZ: 'UTC', ...urls, TOKEN_SECRET };
  // Only the tools may change tables: the API never sees the administrator's password.
  delete env.DATABASE_ADMIN_URL;
  const cli = { ...env, DATABASE_ADMIN_URL };
  await step('migrate', () => runCli('migrate', [], cli));
  await step('seed', () => runCli('seed', ['--if-empty'], cli));
  return env;
}

const USAGE = `npm start   everything that the API needs, then the API, until Ctrl-C. It takes no arguments: its variables are in the
table that "npm run check -- config" prints.`;

runMain(async () => {
  readArguments({ usage: USAGE });
  listen();
  const address = await readAddress();
  try {
    await stopLeftOver();
    await checkAddress(address);
    const env = await withLock(prepare);
    return await runUntilStopped(address, env);
  } finally {
    await release();
  }
});
