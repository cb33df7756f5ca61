import cluster from 'node:cluster';
import type { Socket } from 'node:net';

/** Two turns of the event loop: in between everything is read that has reached this host on a connection. */
async function arrivals(): Promise<void> {
  for (let turn = 0; turn < 2; turn++)
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
}

const HAND_OVER = 'concert:hand-over';
const HANDED_OVER = 'concert:handed-over';
/** Each brings one connection at least: clients that never stop to connect must not keep a process open. */
const MOST_ROUNDS = 1000;

/** In the primary of WORKERS, which takes the connections from the port: answers workers that are about to close. */
export function handOverConnections(): void {
  cluster.on('message', (worker, message: { type?: string }) => {
    if (message.type !== HAND_OVER) return;
    void arrivals().then(() => {
      if (worker.isConnected()) worker.send({ type: HANDED_OVER });
    });
  });
}

/** In a worker: resolves behind the connection that the primary has sent last. */
async function handedOver(): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      process.off('message', notice).off('disconnect', end);
      resolve();
    };
    const notice = (message: { type?: string }): void => {
      if (message.type === HANDED_OVER) end();
    };
    process.on('message', notice).on('disconnect', end);
    process.send?.({ type: HAND_OVER });
  });
}

/**
 * Waits for the connections that have reached this host: they would be reset if the port was closed before. Node accepts
 * one in each turn of the event loop; a worker gets the next one from the primary when it has confirmed the last.
 * @param count of the server's connections so far
 */
export async function connectionsArrived(count: () => number): Promise<void> {
  for (let round = 0, before = -1; round < MOST_ROUNDS && count() !== before; round++) {
    before = count();
    await (cluster.isWorker ? handedOver() : arrivals());
  }
}

/**
 * Closes idle connections, each right after all that has arrived was read and nothing was for it. HTTP/1.1 has no word for
 * "send no more": a request that is under way when its connection is closed meets a reset, and its client cannot tell
 * whether it was done. Node closes all idle ones in one go, without a look at what has come since it last read, which on a
 * busy machine is many milliseconds ago.
 */
export async function closeIdle(
  sockets: Iterable<Socket>,
  isIdle: (socket: Socket) => boolean,
  isOver: () => boolean,
): Promise<void> {
  for (const socket of [...sockets]) {
    if (socket.destroyed || !isIdle(socket)) continue;
    if (isOver()) return;
    const { bytesRead } = socket;
    await arrivals();
    if (isIdle(socket) && socket.bytesRead === bytesRead) socket.destroy();
  }
}
