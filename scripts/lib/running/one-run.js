// A lock in MariaDB: of the commands that drop and make a database, one at a time works on it, from whatever checkout.
const net = require('node:net');
const { Failure } = require('./failure');

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

module.exports = { keepToOneRun };
