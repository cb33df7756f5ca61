// A separate database for a command, beside the one of `npm start`, on the same server.
const { inRoot } = require('./paths');
const { nodeBinary } = require('./running/node-binary');
const { keepToOneRun } = require('./running/one-run');
const { run } = require('./running/run');
const { query } = require('./services/mariadb/mariadb-client');

/**
 * Drops and makes it, with all tables, and seeds it if options say so.
 * @param {{DATABASE_URL: string, DATABASE_ADMIN_URL: string}} urls of the database that it is named after
 * @param {{suffix: string, seed?: string[], env: object}} options seed: options of the tool; env: of the tools
 * @returns {Promise<{DATABASE_URL: string, DATABASE_ADMIN_URL: string}>} its URLs
 * @throws Failure while another run uses it
 */
async function freshDatabase({ DATABASE_URL, DATABASE_ADMIN_URL }, { suffix, seed, env }) {
  const name = `${decodeURIComponent(new URL(DATABASE_URL).pathname.slice(1))}_${suffix}`;
  await keepToOneRun(DATABASE_ADMIN_URL, name);
  await query(DATABASE_ADMIN_URL, [`DROP DATABASE IF EXISTS \`${name}\``, `CREATE DATABASE \`${name}\``]);
  const inIt = (url) => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  const urls = { DATABASE_URL: inIt(DATABASE_URL), DATABASE_ADMIN_URL: inIt(DATABASE_ADMIN_URL) };
  const cli = (tool, ...args) =>
    run(nodeBinary(), [inRoot('dist', 'cli', `${tool}.js`), ...args], {
      env: { ...env, ...urls },
      what: tool,
    });
  await cli('migrate', 'up');
  if (seed) await cli('seed', ...seed);
  return urls;
}

module.exports = { freshDatabase };
