import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const NIL = '*-1\r\n';

/** A sentinel that answers, and has never heard of the master that one asks it for. */
export class SentinelWithoutMaster {
  private readonly clients = new Set<Socket>();
  private readonly server: Server = createServer((client) => {
    let text = '';
    let answered = 0;
    this.clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => this.clients.delete(client));
    client.on('data', (piece: Buffer) => {
      text += piece.toString('latin1');
      const asked = text.match(/^\*\d+\r\n/gm)?.length ?? 0;
      client.write(NIL.repeat(asked - answered));
      answered = asked;
    });
  });

  /** What REDIS_URL is for it. */
  get url(): string {
    return `redis+sentinel://127.0.0.1:${(this.server.address() as AddressInfo).port}/tickets/0`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async end(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const client of this.clients) client.destroy();
    await closed;
  }
}
