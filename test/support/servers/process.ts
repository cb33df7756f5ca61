import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { uniqueQueueId, WIDE_LIMITS } from '../config';

/** A process of the built product, as it runs in production. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private closed: Promise<unknown> | undefined;
  url = '';
  /** With MANAGEMENT_PORT. */
  managementUrl = '';
  /** Its log lines. */
  readonly lines: string[] = [];

  /** A separate queue, as in test/support/config.ts. */
  readonly queueId = uniqueQueueId();

  constructor(private readonly env: Record<string, string | number>) {}

  /** Starts it and waits until it is ready. */
  async start(): Promise<this> {
    const own = Object.fromEntries(Object.entries(this.env).map(([name, value]) => [name, String(value)]));
    const child = spawn(process.execPath, [join(__dirname, '../../../dist/main.js')], {
      env: {
        ...process.env,
        ...WIDE_LIMITS,
        KAFKA_BROKERS: '',
        PORT: '0',
        HOST: '127.0.0.1',
        LOG_LEVEL: 'info',
        QUEUE_ID: this.queueId,
        INVARIANT_CHECK_INTERVAL_SECONDS: '0',
        QUEUE_ADMIT_BY_SEATS: 'off',
        ...own,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child = child;
    this.closed = once(child, 'close');
    const ports = await new Promise<{ port: number; managementPort?: number }>((resolve, reject) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          this.lines.push(line);
          const entry = JSON.parse(line) as { msg?: string; port: number; managementPort?: number };
          if (entry.msg === 'listening') resolve(entry);
        }
      });
      child.once('exit', (code, signal) =>
        reject(new Error(`ended with ${code ?? signal ?? '?'} before it listened`)),
      );
    });
    this.url = `http://127.0.0.1:${ports.port}`;
    this.managementUrl = `http://127.0.0.1:${ports.managementPort ?? ports.port}`;
    for (let ready = false; !ready;) ready = (await fetch(`${this.url}/health/ready`)).ok;
    return this;
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Its exit code, or the signal that ended it. */
  async ended(): Promise<number | NodeJS.Signals | null> {
    const { child } = this;
    if (child === undefined) return null;
    if (this.closed !== undefined) await this.closed; // with what it has written to the end
    return child.exitCode ?? child.signalCode;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    this.signal(signal);
    return this.ended();
  }
}
