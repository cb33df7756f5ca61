import { join } from 'node:path';
import { cores, databaseUrl, inBench, redisUrls, root, scratchFile, secret } from './context.ts';
import { writeFileSync } from 'node:fs';
import { freePort } from '../../../scripts/lib/ports.js';
import { type Child, startPinned, stop, until } from './processes.ts';

const START_LIMIT_MS = 180_000;
const ASK_LIMIT_MS = 5000;
const PRODUCT = join(root, 'dist', 'main.js');

/** An HTTP server under test, ours or the one that shows the limit. */
export interface Target {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** One process of the product on the server's core. */
export class OurServer implements Target {
  readonly port: number;
  /** From the start of the process to its first "ready". */
  readonly readyMs: number;
  private readonly child: Child;
  readonly managementPort: number;

  private constructor(child: Child, port: number, managementPort: number, readyMs: number) {
    this.child = child;
    this.port = port;
    this.managementPort = managementPort;
    this.readyMs = readyMs;
  }

  /**
   * @param env overrides of the configuration; a line stands still unless they say otherwise
   * @param program what is run instead of the product's entry, and starts it
   */
  static async start(
    env: Record<string, string | number> = {},
    { pollMs = 20, unobserved = false, program = PRODUCT } = {},
  ): Promise<OurServer> {
    const [port, managementPort] = [await freePort(), await freePort()];
    const startedAt = performance.now();
    const child = startPinned(cores.server, process.execPath, [...nodeArgs(unobserved), program], {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      ROLE: 'api',
      TZ: 'UTC',
      DATABASE_URL: databaseUrl(),
      DATABASE_ADMIN_URL: '', // as in production: the API never sees the administrator's password
      REDIS_URL: redisUrls()[0],
      KAFKA_BROKERS: '',
      TOKEN_SECRET: secret,
      QUEUE_PRESENCE_TIMEOUT_SECONDS: '3600',
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
    });
    const readyMs = await until(
      child,
      async () => {
        const report = (await (await ask(port, '/health/ready')).json()) as { status: string };
        return report.status === 'ready' ? performance.now() - startedAt : undefined;
      },
      { everyMs: pollMs, limitMs: START_LIMIT_MS, what: 'the start of the server' },
    );
    return new OurServer(child, port, managementPort, readyMs);
  }

  get pid(): number {
    return this.child.pid;
  }

  /** One request, to learn the answer whose bytes the limit sends as well. */
  async answerTo(path: string, init: RequestInit): Promise<Sample> {
    const response = await ask(this.port, path, init);
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${path} answers ${response.status}: ${body}`);
    return { body, contentType: response.headers.get('content-type') ?? '' };
  }

  /** The unlabelled metrics by name. */
  async metrics(): Promise<Map<string, number>> {
    const text = await (await ask(this.managementPort, '/metrics')).text();
    return new Map(
      [...text.matchAll(/^(\w+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)] as const),
    );
  }

  /** What an operator downloads from the management port, piece by piece. */
  async download(path: string, key: string): Promise<AsyncIterable<Uint8Array>> {
    const url = `http://127.0.0.1:${this.managementPort}${path}`;
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
    if (answer.status !== 200 || answer.body === null) throw new Error(`${path} answers ${answer.status}.`);
    return answer.body;
  }

  stop(): Promise<void> {
    return stop(this.child);
  }
}

/** BENCH_NODE_ARGS: for profiles. */
const nodeArgs = (unobserved: boolean): string[] => [
  ...(process.env.BENCH_NODE_ARGS ?? '').split(' ').filter(Boolean),
  ...(unobserved ? ['--require', inBench('workers', 'unobserved.cjs')] : []),
];

export interface Sample {
  body: string;
  contentType: string;
}

/** The least that a Node server does: node:http, the same bytes each time. @param readsJson reads a JSON body first */
export async function startLimitServer(sample: Sample, { readsJson = false } = {}): Promise<Target> {
  const port = await freePort();
  const file = scratchFile(`limit-${port}.json`);
  writeFileSync(file, JSON.stringify({ ...sample, readsJson, port }));
  const child = startPinned(cores.server, process.execPath, [inBench('workers', 'limit-server.ts'), file]);
  await until(child, () => ask(port, '/', readsJson ? { method: 'POST', body: '{}' } : {}), {
    everyMs: 20,
    limitMs: START_LIMIT_MS,
    what: 'the start of the bare server',
  });
  return { port, pid: child.pid, stop: () => stop(child) };
}

function ask(port: number, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal: AbortSignal.timeout(ASK_LIMIT_MS) });
}
