// What tests are run with: services of their own, secrets, and an empty database with the latest tables.
const crypto = require('node:crypto');
const { nodeBinary } = require('./node-binary');
const { inRoot } = require('./paths');
const { run } = require('./run');

/** @param {Record<string, string>} more URLs of services, paths of tools */
const testEnvironment = (more) => ({
  ...process.env,
  ...more,
  TOKEN_SECRET: crypto.randomBytes(48).toString('base64url'),
  NODE_ENV: 'test',
  TZ: 'UTC',
  // A busy machine is no overload and no outage: a test that wants one sets its own limits.
  HTTP_QUEUE_MS: '60000',
  DATABASE_ACQUIRE_MS: '20000',
  DATABASE_TIMEOUT_MS: '20000',
  REDIS_TIMEOUT_MS: '10000',
});

/** The test database again, without a row. */
async function emptyDatabase(env) {
  const migrate = inRoot('dist', 'cli', 'migrate.js');
  await run(nodeBinary(), [migrate, 'down', '--to', '0'], { env, what: 'migrate down' });
  await run(nodeBinary(), [migrate, 'up'], { env, what: 'migrate up' });
}

module.exports = { testEnvironment, emptyDatabase };
