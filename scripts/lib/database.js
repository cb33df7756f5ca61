// A separate database for a command, beside the one of `npm start`, on the same server.
const net = require('node:net');
const { inRoot } = require('./paths');
const { Failure } = require('./running/failure');
const { nodeBinary } = require('./running/node-binary');
const { run } = require('./running/run');
const { query } = require('./services/mariadb/mariadb-client');

const MARIADB_PORT = 3306;

/**
 * Takes the lock of a database until this process ends, however it ends: the same command, once more, would drop the database
 * that this one works on.
 * @param {string} url of the server, as its administrator
 * @param {string} name of the database
 * @throws Failure while another run has it
 */
async function keepToOneRun(url, name) {
  const { hostname, port, username, password, searchParams } = new URL(url);
  const [host, portNumber] = [hostname.replace(/^\[|\]$/g, ''), Number(port || MARIADB_PORT)];
  const socket = net.connect(portNumber, host);
  const connection = await require('mariadb').createConnection({
    host,
    port: portNumber,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    ssl: searchParams.get('ssl') === 'true',
    stream: () => socket,
  });
  connection.on('error', () => {}); // a server that goes takes the lock with it
  const [{ taken }] = await connection.query('SELECT GET_LOCK(?, 0) AS taken', [`a run on ${name}`]);
  if (Number(taken) !== 1) {
    await connection.end();
    throw new Failure(`Another run of this command uses the database ${name}.`, {
      todo: 'let it end first.',
    });
  }
  socket.unref(); // it is open for as long as this process has something else to do
}

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

module.exports = { freshDatabase, keepToOneRun };
