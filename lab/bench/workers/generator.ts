// A load generator over plain sockets: one request at a time per connection (no pipelining), either as fast as answers
// come or at a fixed rate whatever the answers. Environment as for wrk/values.lua; argument: settings as JSON.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

const settings = JSON.parse(process.argv[2] ?? '{}') as {
  port: number;
  connections: number;
  seconds: number;
  giveUpMs: number;
  delayMs?: number;
  /** Absent: closed loop. */
  rate?: number;
};
const { BENCH_FILE = '', BENCH_PREFIX = '', BENCH_SUFFIX = '', BENCH_WRAP, BENCH_FIRST = '0' } = process.env;
const values = readFileSync(BENCH_FILE, 'utf8').split('\x1e').slice(0, -1);
let at = Number(BENCH_FIRST);
let exhausted = false;

function nextRequest(): string {
  if (at >= values.length) {
    if (BENCH_WRAP !== '1') exhausted = true;
    at = 0;
  }
  return BENCH_PREFIX + (values[at++] ?? '') + BENCH_SUFFIX;
}

const latencies: { accepted: number[]; refused: number[] } = { accepted: [], refused: [] };
const acceptedBySecond: (number[] | undefined)[] = [];
const byStatus: Record<string, number> = {};
let lost = 0;
let offered = 0;
const startedAt = performance.now();
const endsAt = startedAt + settings.seconds * 1000;

/** One keep-alive connection; opened again when it breaks. */
class Connection {
  private socket: Socket | undefined;
  private buffer = '';
  /** When its request should have been sent; undefined: none under way. */
  dueAt: number | undefined;
  private readonly onFree: (connection: Connection) => void;

  constructor(onFree: (connection: Connection) => void) {
    this.onFree = onFree;
  }

  send(dueAt: number): void {
    this.dueAt = dueAt;
    this.socket ??= this.open();
    this.socket.write(nextRequest(), 'latin1');
  }

  /** The client goes away. */
  giveUp(): void {
    this.socket?.destroy();
  }

  private open(): Socket {
    const socket = connect(settings.port, '127.0.0.1').setNoDelay(true).setEncoding('latin1');
    socket.on('data', (data) => this.read(String(data)));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      this.socket = undefined;
      this.buffer = '';
      if (this.dueAt === undefined) return;
      lost++;
      this.free();
    });
    return socket;
  }

  private read(data: string): void {
    this.buffer = this.buffer === '' ? data : this.buffer + data;
    const headEnd = this.buffer.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.buffer.slice(0, headEnd);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (this.buffer.length < headEnd + 4 + length) return;
    this.buffer = '';
    this.answered(head.slice(9, 12));
    this.free();
  }

  private answered(status: string): void {
    const now = performance.now();
    if (now > endsAt || this.dueAt === undefined) return;
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    const isRefusal = status === '429' || status === '503';
    if (isRefusal) latencies.refused.push(now - this.dueAt);
    else if (status < '500') {
      latencies.accepted.push(now - this.dueAt);
      (acceptedBySecond[Math.floor((now - startedAt) / 1000)] ??= []).push(now - this.dueAt);
    }
  }

  private free(): void {
    this.dueAt = undefined;
    this.onFree(this);
  }
}

function closedLoop(): Connection[] {
  const { delayMs = 0 } = settings;
  const next = (connection: Connection): void => {
    if (performance.now() >= endsAt) return;
    offered++;
    connection.send(performance.now());
  };
  const pausing = (connection: Connection): void => {
    setTimeout(next, delayMs * (0.5 + Math.random()), connection);
  };
  const all = Array.from(
    { length: settings.connections },
    () => new Connection(delayMs > 0 ? pausing : next),
  );
  all.forEach(next);
  return all;
}

function openLoop(rate: number): Connection[] {
  const all: Connection[] = [];
  const idle: Connection[] = [];
  const waiting: number[] = []; // due times of requests that no connection is free for
  let firstWaiting = 0;
  const free = (connection: Connection): void => {
    const now = performance.now();
    while (firstWaiting < waiting.length) {
      const dueAt = waiting[firstWaiting++] ?? now;
      if (now - dueAt > settings.giveUpMs) {
        lost++;
        continue;
      }
      connection.send(dueAt);
      return;
    }
    idle.push(connection);
  };
  const offer = setInterval(() => {
    const now = Math.min(performance.now(), endsAt);
    for (const due = ((now - startedAt) / 1000) * rate; offered < due; offered++) {
      const dueAt = startedAt + (offered / rate) * 1000;
      let connection = idle.pop();
      if (connection === undefined && all.length < settings.connections) {
        connection = new Connection(free);
        all.push(connection);
      }
      if (connection === undefined) waiting.push(dueAt);
      else connection.send(dueAt);
    }
    if (now === endsAt) clearInterval(offer);
  }, 1);
  return all;
}

const connections = settings.rate === undefined ? closedLoop() : openLoop(settings.rate);
const impatience = setInterval(() => {
  const before = performance.now() - settings.giveUpMs;
  for (const connection of connections)
    if (connection.dueAt !== undefined && connection.dueAt < before) connection.giveUp();
}, 50);

function latency(all: number[]): { count: number; p50Ms: number; p99Ms: number } {
  const sorted = Float64Array.from(all).sort();
  const percentile = (p: number): number => sorted[Math.floor(sorted.length * p)] ?? 0;
  return { count: sorted.length, p50Ms: percentile(0.5), p99Ms: percentile(0.99) };
}

setTimeout(
  () => {
    clearInterval(impatience);
    const { user, system } = process.cpuUsage();
    const accepted = latency(latencies.accepted);
    const ofStatus = (from: string): number =>
      Object.entries(byStatus).reduce((total, [status, n]) => (status >= from ? total + n : total), 0);
    const report = {
      // as wrk tells
      requests: ofStatus('100'),
      seconds: settings.seconds,
      refused: ofStatus('400'),
      broken: lost,
      p50Ms: accepted.p50Ms,
      p99Ms: accepted.p99Ms,
      used: at,
      exhausted,
      // and more
      offered,
      byStatus,
      accepted,
      acceptedBySecond: Array.from(acceptedBySecond, (all) => latency(all ?? [])),
      turnedAway: latency(latencies.refused),
      lost,
      generatorBusy: (user + system) / 1000 / (performance.now() - startedAt),
    };
    process.stdout.write(`BENCH ${JSON.stringify(report)}\n`, () => process.exit(0));
  },
  settings.seconds * 1000 + 20,
);
