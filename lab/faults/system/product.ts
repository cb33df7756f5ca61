import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcpProxy } from '../../../test/support/servers/tcp-proxy.ts';
import { Child } from './child.ts';

const PRELOAD = join(process.cwd(), 'lab', 'faults', 'preload.cjs');
const MAIN = join(process.cwd(), 'dist', 'main.js');
const PROBE_MS = 1000;
const TELL_MS = 5000;

/** Memory and handles that a process reports. */
export interface Held {
  rss: number;
  heapUsed: number;
  external: number;
  /** Active handles and requests of the event loop, by kind. */
  resources: Record<string, number>;
}

/** One process of the built product, with its own connections to everything it needs. */
export class ProductProcess {
  readonly child: Child;
  readonly role: 'api' | 'worker';
  readonly port: number;
  /** By what is at the other end: mariadb, redis, kafka; clients: between buyers and this process. */
  readonly lines: Record<string, TcpProxy>;
  private readonly control: string;
  private isClockOff = false;

  constructor(
    name: string,
    role: 'api' | 'worker',
    port: number,
    folder: string,
    logFile: string,
    lines: Record<string, TcpProxy>,
    env: Record<string, string>,
  ) {
    this.role = role;
    this.port = port;
    this.lines = lines;
    this.control = join(folder, `${name}.control.json`);
    writeFileSync(this.control, '{}');
    this.child = new Child(
      name,
      logFile,
      () => ({
        file: process.execPath,
        args: ['--require', PRELOAD, '--expose-gc', MAIN],
        env: { ...env, ROLE: role, PORT: String(port), FAULTS_CONTROL: this.control },
      }),
      () => this.isReady(),
    );
  }

  /** Where buyers reach it. */
  get url(): string {
    return `http://127.0.0.1:${this.lines.clients?.port ?? this.port}`;
  }

  /** Readiness as a load balancer sees it: through the proxy of the clients. */
  async isReady(withinMs = PROBE_MS): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(withinMs) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }

  /** Steps its wall clock, from now on off by `clockMs`. */
  stepClock(clockMs: number): void {
    this.isClockOff = true;
    this.tell({ clockMs });
  }

  rightClock(): void {
    if (this.isClockOff) this.tell({ clockMs: 0 });
    this.isClockOff = false;
  }

  /** Blocks its event loop for this time. */
  stall(stallMs: number): void {
    this.tell({ stallMs });
  }

  /** Memory and handles of the process now, after a garbage collection. */
  async held(): Promise<Held> {
    const id = randomUUID();
    this.tell({ collect: true, id });
    const until = performance.now() + TELL_MS;
    while (performance.now() < until) {
      await sleep(50);
      try {
        const held = JSON.parse(readFileSync(`${this.control}.held`, 'utf8')) as Held & { id: string };
        if (held.id === id) return held;
      } catch {
        // not written yet
      }
    }
    throw new Error(`${this.child.name} does not tell what it holds.`);
  }

  private tell(wanted: object): void {
    writeFileSync(this.control, JSON.stringify(wanted));
    this.child.signal('SIGUSR2');
  }
}
