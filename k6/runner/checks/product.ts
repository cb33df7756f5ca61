import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../scripts/lib/ports.js';
import { root } from '../paths.ts';

const READY_MS = 60_000;
const PATIENCE_MS = 20_000;

/** The product that a run loads. */
export interface Product {
  baseUrl: string;
  /** Where its metrics are. */
  managementUrl: string;
  /** Rejects when it ends by itself. */
  ended: Promise<never>;
  stop(): Promise<void>;
}

/** One process of it (its WORKERS included), its log in a file. @throws when it does not get ready */
export async function startProduct(env: Record<string, string>, logFile: string): Promise<Product> {
  const [port, managementPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [join(root, 'dist', 'main.js')], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      MANAGEMENT_PORT: String(managementPort),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  const baseUrl = `http://127.0.0.1:${port}`;
  try {
    await untilReady(baseUrl, child, logFile);
  } catch (error) {
    await end(child);
    throw error;
  }
  let stopping = false;
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (!stopping) reject(new Error(`The product ended (${signal ?? code ?? '?'}): see ${logFile}`));
    });
  });
  ended.catch(() => undefined); // reported where it is raced against
  const stop = (): Promise<void> => {
    stopping = true;
    return end(child);
  };
  return { baseUrl, managementUrl: `http://127.0.0.1:${managementPort}`, ended, stop };
}

export async function untilReady(baseUrl: string, child?: ChildProcess, logFile = ''): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (;;) {
    const answer = await fetch(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(2000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    if (child !== undefined && hasEnded(child))
      throw new Error(`The product ended before it was ready: see ${logFile}`);
    if (performance.now() > deadline)
      throw new Error(`${baseUrl}/health/ready: not ready within ${READY_MS / 1000} s`);
    await sleep(100);
  }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await ended;
  clearTimeout(timer);
}
