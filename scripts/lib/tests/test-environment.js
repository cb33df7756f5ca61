// What tests are run with: separate services, secrets, and an empty database with the latest tables.
const crypto = require('node:crypto');
const { nodeBinary } = require('../running/node-binary');
const { inRoot } = require('../paths');
const { run } = require('../running/run');
const { query, withDatabase } = require('../services/mariadb/mariadb-client');

/** @param {Record<string, string>} more URLs of services, paths of tools */
const testEnvironment = (more) => ({
  ...process.env,
  ...more,
  TOKEN_SECRET: crypto.randomBytes(48).toString('base64url'),
  NODE_ENV: 'test',
  TZ: 'UTC',
  // Tests start some hundred processes of Node, which compile the same files: a start costs a quarter less.
  NODE_COMPILE_CACHE: inRoot('node_modules', '.cache', 'node-compile-cache'),
  // A busy machine is no overload and no outage: a test that wants one sets its own limits.
  LOAD_SHEDDING_MAX_DELAY_MS: '60000',
  DATABASE_ACQUIRE_TIMEOUT_MS: '20000',
  DATABASE_TIMEOUT_MS: '20000',
  REDIS_TIMEOUT_MS: '60000',
});

/**
 * Makes a database of this run's own, so that several runs can share one server at the same time.
 * @param env names the server and its accounts  @returns env, leading to that database
 */
async function createDatabase(env) {
  const name = `concert_test_${crypto.randomBytes(6).toString('hex')}`; // the accounts may make such: mariadb-accounts.js
  await query(env.DATABASE_ADMIN_URL, [`CREATE DATABASE ${name}`]);
  const own = {
    ...env,
    DATABASE_URL: withDatabase(env.DATABASE_URL, name),
    DATABASE_ADMIN_URL: withDatabase(env.DATABASE_ADMIN_URL, name),
  };
  await run(nodeBinary(), [inRoot('dist', 'cli', 'migrate.js'), 'up'], { env: own, what: 'migrate up' });
  return own;
}

/** Drops what createDatabase has made. Rights outlive their tables, so they are taken back first. */
async function dropDatabase({ DATABASE_URL, DATABASE_ADMIN_URL }) {
  const name = new URL(DATABASE_ADMIN_URL).pathname.slice(1);
  const { RIGHTS } = require(inRoot('dist', 'database', 'grants.js'));
  const [{ account }] = await query(DATABASE_URL, ['SELECT CURRENT_USER() AS account']);
  const [user, host] = account.split('@');
  for (const table of Object.keys(RIGHTS)) {
    const revoke = `REVOKE ALL PRIVILEGES ON ${name}.${table} FROM '${user}'@'${host}'`;
    await query(DATABASE_ADMIN_URL, [revoke]).catch(() => {}); // was never granted
  }
  await query(DATABASE_ADMIN_URL, [`DROP DATABASE ${name}`]);
}

module.exports = { testEnvironment, createDatabase, dropDatabase };
