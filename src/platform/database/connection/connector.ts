import { connect, type Socket } from 'node:net';
import * as mariadb from 'mariadb';

type Config = mariadb.ConnectionConfig & { host: string; port: number };

/** With a number, as the connector's own errors about a lost connection have one (errors.ts). */
const givenUp = (): Error => Object.assign(new Error('The connection was given up.'), { errno: 45_009 });

/**
 * A connection whose `destroy` only closes it. The connector's own also opens another one, to send KILL with the number
 * of the first if a statement runs on it; behind a proxy, after a failover, that reaches another server, where the
 * number may be the one of somebody else's connection. The server needs no KILL: a statement waits for locks no longer
 * than innodb_lock_wait_timeout, and what it did is rolled back when the server finds its client gone.
 */
async function createConnection(config: Config): Promise<mariadb.Connection> {
  let socket: Socket | undefined;
  const connection = await mariadb.createConnection({
    ...config,
    stream: (): Socket => (socket = joined(connect({ host: config.host, port: config.port, noDelay: true }))),
  });
  connection.destroy = (): void => void socket?.destroy(givenUp()); // ends what waits for an answer with this error
  return connection;
}

/** Statements that are sent in one moment leave by one system call, and wake the server once. */
function joined(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  const uncork = (): void => socket.uncork();
  socket.write = (...args: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...args);
  };
  return socket;
}

/** For Sequelize. */
export const connector = { ...mariadb, createConnection };
