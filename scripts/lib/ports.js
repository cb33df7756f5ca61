const net = require('node:net');

/**
 * Below those that systems give to outgoing connections: a port stays free also while its process is down. Above those that
 * fetch and browsers never connect to (src/config/parsing/blocked-ports.ts), of which 10080 is the last.
 */
const FREE = { from: 10_100, to: 29_999 };

/** Why nothing can listen there (an error code such as EADDRINUSE), or null; without host: on all interfaces. */
function portProblem(port, host) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

const given = new Set();

/** Problems that another port does not have; the others are the host's. */
const OF_THE_PORT = ['EADDRINUSE', 'EACCES'];

/** A free port of the host that this process was not given before; the preferred one (that of the last run) when it still is free. */
async function freePort(preferred, host = '127.0.0.1') {
  if (preferred && (await portProblem(preferred, host)) === null) return preferred;
  for (;;) {
    const port = FREE.from + Math.floor(Math.random() * (FREE.to - FREE.from + 1));
    if (given.has(port) || OF_THE_PORT.includes(await portProblem(port, host))) continue;
    given.add(port);
    return port;
  }
}

function isListening(port, host = '127.0.0.1', timeoutMs = 1000) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host });
    const finish = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

module.exports = { OF_THE_PORT, portProblem, freePort, isListening };
