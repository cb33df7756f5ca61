import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../../scripts/lib/ports.js';

/** What happens to bytes on their way, in both directions. */
export interface Weather {
  /** How much later each piece arrives, and up to how much more. */
  delayMs?: number;
  jitterMs?: number;
  /** Share of the pieces that are lost, to be sent again after RESEND_MS as TCP would; a few break the connection. */
  loss?: number;
  /** Nothing gets through until the weather is better; then all of it does, as after a short partition. */
  silent?: boolean;
}

const RESEND_MS = 200;
/** Of the pieces lost: those after which the connection is reset. */
const RESET_SHARE = 0.05;

/** One direction of one connection: keeps the order of the bytes, whatever delays them. */
class Lane {
  private readonly held: Buffer[] = [];
  /** Under way, oldest first: one timer for all, since timers that are due together may fire in any order. */
  private readonly underWay: { dueAtMs: number; act: () => unknown }[] = [];
  private dueAtMs = 0;
  /** The other end is gone without a word: nothing arrives ever again. */
  dead = false;
  private readonly from: Socket;
  private readonly to: Socket;
  private readonly proxy: TcpProxy;

  constructor(from: Socket, to: Socket, proxy: TcpProxy) {
    this.from = from;
    this.to = to;
    this.proxy = proxy;
    from.on('data', (piece: Buffer) => this.take(piece));
    from.on('end', () => this.after(() => to.end()));
    to.on('drain', () => from.resume());
  }

  release(): void {
    for (const piece of this.held.splice(0)) this.take(piece);
  }

  private take(piece: Buffer): void {
    if (this.dead) return;
    const { silent = false, loss = 0 } = this.proxy.weather;
    if (silent) {
      this.held.push(piece);
      return;
    }
    const isLost = loss > 0 && this.proxy.random() < loss;
    if (isLost && this.proxy.random() < RESET_SHARE) {
      this.from.resetAndDestroy();
      this.to.resetAndDestroy();
      return;
    }
    this.after(() => this.to.write(piece) || this.from.pause(), isLost ? RESEND_MS : 0);
  }

  private after(act: () => unknown, moreMs = 0): void {
    const { delayMs = 0, jitterMs = 0 } = this.proxy.weather;
    const now = performance.now();
    const own = delayMs + jitterMs * this.proxy.random() + moreMs;
    this.dueAtMs = Math.max(this.dueAtMs, now + own);
    if (this.dueAtMs <= now && this.underWay.length === 0) act();
    else if (this.underWay.push({ dueAtMs: this.dueAtMs, act }) === 1) this.wait();
  }

  private wait(): void {
    const [next] = this.underWay;
    if (next !== undefined)
      setTimeout(() => this.arrive(), Math.max(0, Math.ceil(next.dueAtMs - performance.now())));
  }

  private arrive(): void {
    for (
      let [next] = this.underWay;
      next !== undefined && next.dueAtMs <= performance.now();
      [next] = this.underWay
    ) {
      if (!this.dead && !this.to.destroyed) next.act();
      this.underWay.shift();
    }
    this.wait();
  }
}

/** Stands between clients and a server, and makes the line as bad as a test wants it. */
export class TcpProxy {
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly toClient = new Set<Lane>();
  private readonly toServer = new Set<Lane>();
  private readonly target: { host: string; port: number };
  weather: Weather = {};
  port = 0;
  /** For losses and jitter: a seeded one makes them repeatable. */
  readonly random: () => number;

  constructor(target: { host: string; port: number }, random: () => number = Math.random) {
    this.target = target;
    this.random = random;
  }

  async open(): Promise<this> {
    const server = createServer((client) => {
      const upstream = connect(this.target);
      this.lane(this.toServer, client, upstream);
      this.lane(this.toClient, upstream, client);
    });
    if (this.port === 0) this.port = await freePort(); // which nobody is given while it is cut
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.port, '127.0.0.1', resolve);
    });
    this.server = server;
    return this;
  }

  /** Connections die and new ones are refused, until `open`. */
  async cut(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** From now on, for connections of now too. */
  change(weather: Weather): void {
    this.weather = weather;
    if (weather.silent !== true) for (const lane of [...this.toServer, ...this.toClient]) lane.release();
  }

  /** What the server answers is lost, what it is asked arrives; for the connections of now, until `cut`. */
  loseAnswers(): void {
    for (const lane of this.toClient) lane.dead = true;
  }

  /** The connections of now are dead and neither end learns of it; new ones work. */
  halfOpen(): void {
    for (const lane of [...this.toServer, ...this.toClient]) lane.dead = true;
  }

  /** As good as new: open, fine weather, and no connection that is dead without knowing. */
  async mend(): Promise<void> {
    this.change({});
    if ([...this.toServer, ...this.toClient].some(({ dead }) => dead)) await this.cut();
    if (this.server === undefined) await this.open();
  }

  private lane(lanes: Set<Lane>, from: Socket, to: Socket): void {
    const lane = new Lane(from, to, this);
    lanes.add(lane);
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => lane.dead || to.destroy());
    from.on('close', () => {
      this.sockets.delete(from);
      lanes.delete(lane);
      if (!lane.dead) to.destroy();
    });
  }
}

const PORTS: Record<string, number> = { 'redis:': 6379, 'mariadb:': 3306 };

/** A proxy before the store of a URL, and the URL that leads through it. */
export async function proxied(url: string): Promise<{ proxy: TcpProxy; url: string }> {
  const parsed = new URL(url);
  const port = Number(parsed.port) || PORTS[parsed.protocol] || 0;
  const proxy = await new TcpProxy({ host: parsed.hostname, port }).open();
  parsed.hostname = '127.0.0.1';
  parsed.port = String(proxy.port);
  return { proxy, url: parsed.href };
}
