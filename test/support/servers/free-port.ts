import { createServer } from 'node:net';

/** Below those that systems give to outgoing connections: a port stays free also while its process is down. */
const PORTS = { from: 10_000, to: 29_999 };
const given = new Set<number>();

/** A port of 127.0.0.1 that is free, and that this process was not given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from + 1));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
