import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import express from 'express';
import { HttpServer, type ServerOptions } from '../../src/http/server';
import { until } from '../support/wait';

const IDLE_MS = 100;
const OPTIONS: ServerOptions = {
  host: '127.0.0.1',
  port: 0,
  requestMs: 60_000,
  idleMs: IDLE_MS,
  maxConnections: 0,
  onDrop: () => undefined,
  graceMs: 100,
};
const LARGE = Buffer.alloc(50_000_000, 'x');

describe('a server that cuts idle clients', () => {
  /** Answers that a client waits for. */
  const due: (() => void)[] = [];
  const app = express();
  app.get('/slow', (_req, res) => void due.push(() => res.send('done')));
  app.post('/slow', (req, res) => {
    req.resume().once('end', () => due.push(() => res.send('done')));
  });
  let cut = 0;
  let largeBegins: () => void = () => undefined;
  app.get('/large', (_req, res) => {
    largeBegins();
    res.send(LARGE).once('close', () => cut++);
  });
  const server = new HttpServer(app, OPTIONS);
  beforeAll(() => server.listen());
  afterAll(() => server.close());

  /** The client that has connected last. */
  let newest: Socket | undefined;
  const say = async (
    text: string,
  ): Promise<{ socket: Socket; heard: () => string; closed: () => boolean }> => {
    const socket = connect(server.port, '127.0.0.1');
    newest = socket;
    const parts: Buffer[] = [];
    let isClosed = false;
    socket.on('data', (part: Buffer) => parts.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () => (isClosed = true));
    await once(socket, 'connect');
    socket.write(text);
    return { socket, heard: () => Buffer.concat(parts).toString(), closed: () => isClosed };
  };
  /**
   * Says it until the server has begun with it: on a machine that stands still for IDLE_MS a client may be cut before its
   * request is read.
   */
  const sayUntil = async (text: string, hasBegun: () => boolean): ReturnType<typeof say> => {
    for (;;) {
      const client = await say(text);
      await until('it is being worked on', () => hasBegun() || client.closed());
      if (hasBegun()) return client;
      due.length = 0;
    }
  };
  /** As many idle clients, one after the other, have been cut. */
  const idleTimes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const silent = await say('');
      await until('an idle client is cut', silent.closed);
    }
  };
  const GET = 'GET /slow HTTP/1.1\r\nHost: x\r\n\r\n';
  const POST = 'POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n';

  it.each([GET, `${POST}body`, GET.repeat(3)])('lets a client wait for its answer: %j', async (text) => {
    const asked = text.split('HTTP/1.1').length - 1;
    const client = await sayUntil(text, () => due.length === asked);
    await idleTimes(3);
    expect(client.closed()).toBe(false);
    for (const answer of due.splice(0).reverse()) answer();
    await until('its answers', () => client.heard().split('HTTP/1.1 200').length - 1 === asked);
    client.socket.destroy();
  });

  it('cuts a client that sends a thousand requests ahead of their answers', async () => {
    const client = await sayUntil(GET.repeat(3000), () => due.length > 0);
    await until('it is cut', client.closed);
    expect(due.splice(0)).toHaveLength(1000);
  });

  it('cuts a client that stops in the middle of its request', async () => {
    const client = await say(`${POST}bo`);
    await until('it is cut', client.closed);
  });

  it('cuts a client that takes nothing of its answer, also with another one due', async () => {
    for (const text of ['', GET]) {
      const before = cut;
      let isAsked = false;
      largeBegins = (): void => {
        isAsked = true;
        newest?.pause();
      };
      const client = await sayUntil(`GET /large HTTP/1.1\r\nHost: x\r\n\r\n${text}`, () => isAsked);
      await until('it is cut', () => cut > before);
      client.socket.destroy();
    }
    due.length = 0;
  });

  it('does not write a refusal where the answer to an earlier request is due', async () => {
    const client = await sayUntil(GET, () => due.length === 1);
    client.socket.write('nonsense\r\n\r\n');
    await until('it is cut', client.closed);
    expect(client.heard()).toBe('');
    due.length = 0;
  });
});

/** Connections that a system keeps for a program until it accepts them, from which point on it drops new ones. */
const SOMAXCONN = '/proc/sys/net/core/somaxconn';

(existsSync(SOMAXCONN) ? describe : describe.skip)('a crowd', () => {
  const CROWD = 800;
  const server = new HttpServer(express(), { ...OPTIONS, idleMs: 60_000 });
  beforeAll(() => server.listen());
  afterAll(() => server.close());

  /** Connections to the server that the system has made and the server has not accepted. */
  const waiting = (): number => {
    const port = server.port.toString(16).toUpperCase().padStart(4, '0');
    const LISTENS = '0A';
    const row = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find(([, local, , state]) => local?.endsWith(`:${port}`) === true && state === LISTENS);
    return parseInt(row?.[4]?.split(':')[1] ?? '', 16);
  };

  /** How many wait, as soon as it is enough; it keeps the event loop. */
  const mostWithin = (ms: number, enough: number): number => {
    const endMs = performance.now() + ms;
    let count = waiting();
    while (count < enough && performance.now() < endMs) count = waiting();
    return count;
  };

  it('that connects at once waits to be accepted, and is not dropped', async () => {
    const clients = Array.from({ length: CROWD }, () => connect(server.port, '127.0.0.1'));
    for (const client of clients) client.on('error', () => undefined);
    const wanted = Math.min(CROWD, Number(readFileSync(SOMAXCONN, 'utf8')));
    // Node connects them in this turn of the event loop, and accepts none before the next one. The system may need a moment.
    const most = await new Promise<number>((resolve) =>
      process.nextTick(() => process.nextTick(() => resolve(mostWithin(30_000, wanted)))),
    );
    for (const client of clients) client.destroy();
    expect(most).toBeGreaterThanOrEqual(wanted);
  });
});
