import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import express from 'express';
import { HttpServer } from '../../src/http/server';
import { until } from '../support/wait';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

describe('a server that closes', () => {
  const app = express();
  app.get('/', (_req, res) => void res.set('Connection', isClosing ? 'close' : 'keep-alive').send('done'));
  let isClosing: boolean;
  let server: HttpServer;

  beforeEach(async () => {
    isClosing = false;
    server = new HttpServer(app, {
      host: '127.0.0.1',
      port: 0,
      requestMs: 60_000,
      idleMs: 60_000,
      maxConnections: 0,
      onDrop: () => undefined,
      graceMs: 60_000,
    });
    await server.listen();
  });
  afterEach(() => server.close());

  const close = (): Promise<void> => {
    isClosing = true;
    return server.close();
  };

  interface Client {
    socket: Socket;
    answers: () => number;
    /** What ended the connection: '' for an orderly end. */
    ended: Promise<string>;
  }
  function client(): Client {
    const socket = connect(server.port, '127.0.0.1');
    let heard = '';
    let error = '';
    socket.on('data', (part: Buffer) => (heard += part.toString()));
    socket.on('error', ({ message }) => (error = message));
    return {
      socket,
      answers: () => heard.split('HTTP/1.1 200').length - 1,
      ended: once(socket, 'close').then(() => error),
    };
  }
  /** One that keeps its connection after its first answer. */
  async function idleClient(): Promise<Client> {
    const it = client();
    it.socket.write(GET);
    await until('its first answer', () => it.answers() === 1);
    return it;
  }

  it('answers a request that has reached this host on an idle connection, and has not been read', async () => {
    const idle = await idleClient();
    idle.socket.write(GET);
    const closed = close();
    expect([await idle.ended, idle.answers()]).toEqual(['', 2]);
    await closed;
  });

  it('answers clients whose connections wait to be accepted, however many they are', async () => {
    const late = Array.from({ length: 50 }, client);
    for (const { socket } of late) socket.write(GET);
    await new Promise<void>((resolve) => {
      process.nextTick(resolve); // now the kernel has made the connections, and nobody has been here to take them
    });
    const closed = close();
    const ends = await Promise.all(late.map(async (it) => [await it.ended, it.answers()]));
    expect(ends).toEqual(late.map(() => ['', 1]));
    await closed;
  });

  it('answers requests that come while it closes other connections', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, idleClient));
    if (first === undefined) throw new Error('there is no client');
    const open = [first, ...others];
    const sent = new Set<Client>();
    for (const it of open)
      it.socket.once('end', () => {
        for (const other of open)
          if (!other.socket.readableEnded && !sent.has(other)) {
            sent.add(other);
            other.socket.write(GET);
          }
      });
    const closed = close();
    const ends = await Promise.all(open.map((it) => it.ended));
    await closed;
    expect(ends.filter((error) => error !== '')).toEqual([]);
    expect(sent.size).toBeGreaterThan(10);
    for (const it of sent) expect(it.answers()).toBe(2);
  });

  it('closes idle connections, and then takes no new ones', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, idleClient));
    const { port } = server;
    await close();
    expect(await Promise.all(all.map((it) => it.ended))).toEqual(['', '', '', '', '']);
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED');
  });
});
