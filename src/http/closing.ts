import type { Socket } from 'node:net';

/** Two turns of the event loop: in between everything is read that has reached this host. */
export async function arrivals(): Promise<void> {
  for (let turn = 0; turn < 2; turn++)
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
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
