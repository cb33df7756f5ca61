// A lock in MariaDB: of the commands that drop and make a database, one at a time works on it, from whatever checkout.
const net = require('node:net');
const { setTimeout: sleep } = require('node:timers/promises');
const { Failure } = require('./failure');

const MARIADB_PORT = 3306;

const AGAIN_AFTER_MS = 1000;
/** Longest time, seconds, that MariaDB lets an idle connection be: a soak is longer than its default of eight hours. */
const LONGEST_IDLE_S = 31_536_000;

/** @returns whether the lock is ours. It is given back when the connection ends, which keeps no process from ending. */
async function take(url, name) {
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
  await connection.query('SET SESSION wait_timeout = ?', [LONGEST_IDLE_S]);
  const [{ taken }] = await connection.query('SELECT GET_LOCK(?, 0) AS taken', [`a run on ${name}`]);
  if (Number(taken) !== 1) {
    await connection.end();
    return false;
  }
  socket.unref(); // it is open for as long as this process has something else to do
  socket.once('close', () => void takeAgain(url, name));
  return true;
}

/** A run may stop MariaDB itself, to see what the product does: afterwards the lock is taken again. */
async function takeAgain(url, name) {
  for (;;) {
    await sleep(AGAIN_AFTER_MS, undefined, { ref: false });
    const isDecided = await take(url, name).then(
      () => true,
      () => false,
    );
    if (isDecided) return;
  }
}

/**
 * Takes the lock of a database until this process ends, however it ends: the same command, once more, would drop the database
 * that this one works on.
 * @param {string} url of the server, as its administrator
 * @param {string} name of the database
 * @throws Failure while another run has it
 */
async function keepToOneRun(url, name) {
  if (await take(url, name)) return;
  throw new Failure(`Another run of this command uses the database ${name}.`, { todo: 'let it end first.' });
}

module.exports = { keepToOneRun };
