import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** scripts/lab/bench.js starts everything in the checkout's folder. */
export const root = process.cwd();
export const inBench = (...parts: string[]): string => join(root, 'lab', 'bench', ...parts);

const load = createRequire(join(root, 'package.json'));
load('reflect-metadata'); // the product's decorators need it before anything of dist is loaded

/** A compiled module of the product, or one of its dependencies; the caller casts it to its type. */
export const dist = (path: string): unknown => load(join(root, 'dist', path));
export const dependency = (name: string): unknown => load(name);

function given(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run npm run lab -- bench`);
  return value;
}

function redisDatabase(index: number): string {
  const url = new URL(given('REDIS_URL'));
  url.pathname = `/${index}`;
  return url.href;
}

/** Two Redis databases of the benchmarks' own: a long line and a short one can stand side by side. */
export const redisUrls = (): [string, string] => [redisDatabase(2), redisDatabase(3)];
export const databaseUrl = (): string => given('DATABASE_URL');
export const adminUrl = (): string => given('DATABASE_ADMIN_URL');

/** Signs the tokens of this run, in the servers and here. */
export const secret = randomBytes(48).toString('base64url');

/** The first two cores that this process may use: the server gets one, what loads it the other. */
function twoCores(): { server: number; generator: number } {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
  const allowed = list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  const [server = 0, generator = server] = allowed; // a worker has been given one core
  return { server, generator };
}

export const cores = twoCores();

/** This process waits while it measures; what it does in between belongs on the generator's core. */
export function leaveTheServersCore(): void {
  execFileSync('taskset', ['-a', '-p', '-c', String(cores.generator), String(process.pid)], {
    stdio: 'ignore',
  });
}

let scratch: string | undefined;

/** A file's place in a folder that goes with this process. */
export function scratchFile(name: string): string {
  if (scratch === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'concert-bench-'));
    process.on('exit', () => {
      rmSync(folder, { recursive: true, force: true });
    });
    scratch = folder;
  }
  return join(scratch, name);
}
