import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../../support/servers/tcp-proxy';
import { until } from '../../support/wait';
import { seededBy } from '../../../lab/faults/random';

const PIECES = 600;
const BYTES = 4;

describe('a line between two processes', () => {
  const got: Buffer[] = [];
  const server = createServer((socket) => socket.on('data', (piece) => got.push(piece)));
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  let line: TcpProxy;
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await line.cut();
    server.close();
  });

  it('keeps the order of what is sent, however its delay changes', async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    line = await new TcpProxy({ host: '127.0.0.1', port }, seededBy(1, 'weather')).open();
    const client = connect(line.port, '127.0.0.1').setNoDelay(true);
    sockets.push(client);
    await once(client, 'connect');

    const sent = Array.from({ length: PIECES }, (_, i) => i);
    for (const i of sent) {
      if (i % 50 === 0) line.change(i % 100 === 0 ? { delayMs: 20, jitterMs: 20 } : {});
      const piece = Buffer.alloc(BYTES);
      piece.writeUInt32BE(i);
      client.write(piece);
      if (i % 3 === 0) await sleep(1);
    }
    await until('all pieces arrive', () => Buffer.concat(got).length === PIECES * BYTES);

    const all = Buffer.concat(got);
    expect(sent.map((i) => all.readUInt32BE(i * BYTES))).toEqual(sent);
  });
});
