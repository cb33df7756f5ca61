import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 150;

/** A process as the balancer has it: its address, and how to check its readiness. */
export interface Backend {
  readonly port: number;
  isReady(): Promise<boolean>;
}

/** Gives each new connection to the next process that is ready, as a Kubernetes Service does. */
export class TcpBalancer {
  port = 0;
  /** When the first connection came, ms since 1970. */
  readonly firstAtMs: Promise<number>;
  private readonly server = createServer({ noDelay: true }, (client) => this.join(client));
  private readonly sockets = new Set<Socket>();
  private readonly backends: Backend[];
  private readonly ready: boolean[];
  private turn = 0;
  private isOver = false;
  private watching: Promise<unknown> = Promise.resolve();

  constructor(backends: Backend[]) {
    this.backends = backends;
    this.ready = backends.map(() => false);
    this.firstAtMs = once(this.server, 'connection').then(() => Date.now());
  }

  /** Resolves when it has seen who is ready. */
  async open(): Promise<this> {
    await Promise.all(this.backends.map((_, i) => this.look(i)));
    this.watching = Promise.all(this.backends.map((_, i) => this.watch(i)));
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    this.isOver = true;
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await Promise.all([closed, this.watching]);
  }

  /** The next one that is ready; when none is, the next one. */
  private choose(): number | undefined {
    const all = this.backends.map(({ port }, i) => ({ port, isReady: this.ready[i] === true }));
    const ready = all.filter(({ isReady }) => isReady);
    const from = ready.length > 0 ? ready : all;
    return from[this.turn++ % from.length]?.port;
  }

  private join(client: Socket): void {
    const port = this.choose();
    if (port === undefined) {
      client.destroy();
      return;
    }
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    this.follow(client, upstream);
    this.follow(upstream, client);
  }

  private follow(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }

  private async watch(i: number): Promise<void> {
    while (!this.isOver) {
      await this.look(i);
      await sleep(EVERY_MS);
    }
  }

  private async look(i: number): Promise<void> {
    this.ready[i] = (await this.backends[i]?.isReady()) === true;
  }
}
