import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const living = new Set<ChildProcess>();
process.on('exit', killAll);

/** Kills what is left of this run's children, each by its own id. */
export function killAll(): void {
  for (const child of living) child.kill('SIGKILL');
  living.clear();
}

export interface Child {
  pid: number;
  process: ChildProcess;
  /** The last lines that it wrote to stderr or stdout, to tell why it failed. */
  tail: () => string;
}

const TAIL_CHARS = 2000;

/** Starts a program on one core; `taskset` becomes the program, so the pid is the program's. */
export function startPinned(
  core: number,
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Child {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('taskset (Debian package util-linux) is missing.');
  living.add(child);
  child.once('exit', () => living.delete(child));
  child.stdin.on('error', () => undefined); // it has ended: its exit says so
  let tail = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      tail = (tail + data.toString()).slice(-TAIL_CHARS);
    });
  return { pid, process: child, tail: () => tail };
}

const hasEnded = ({ process: child }: Child): boolean => child.exitCode !== null || child.signalCode !== null;

/** Asks it to stop; kills it when it does not. */
export async function stop(child: Child, patienceMs = 3000): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child.process, 'exit');
  child.process.kill('SIGTERM');
  const timer = setTimeout(() => child.process.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(timer);
}

/** Runs a program to its end. @returns its stdout */
export async function runPinned(
  core: number,
  command: string,
  args: string[],
  options: { env: Record<string, string>; limitMs: number },
): Promise<string> {
  const child = startPinned(core, command, args, options.env);
  let stdout = '';
  child.process.stdout?.on('data', (data: Buffer) => (stdout += data.toString()));
  const timer = setTimeout(() => child.process.kill('SIGKILL'), options.limitMs);
  const [code] = (await once(child.process, 'close')) as [number | null];
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${command} failed (${code ?? 'killed'}): ${child.tail()}`);
  return stdout;
}

/** A program that answers each line of JSON on stdin with one on stdout; it stays warm between rounds. */
export class Worker {
  readonly child: Child;
  private readonly answers: AsyncIterator<string, undefined>;

  constructor(core: number, args: string[], env: Record<string, string> = {}) {
    this.child = startPinned(core, process.execPath, args, env);
    const { stdout } = this.child.process;
    if (stdout === null) throw new Error('no stdout');
    this.answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  async ask(question: object): Promise<unknown> {
    this.child.process.stdin?.write(`${JSON.stringify(question)}\n`);
    const answer = await this.answers.next();
    if (answer.done === true) throw new Error(`A worker has ended: ${this.child.tail()}`);
    return JSON.parse(answer.value);
  }
}

/** Asks again until `ask` gives something. @throws when the child ends first, or after `limitMs` */
export async function until<T>(
  child: Child,
  ask: () => Promise<T | undefined>,
  options: { everyMs: number; limitMs: number; what: string },
): Promise<T> {
  const startedAt = performance.now();
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    if (hasEnded(child)) throw new Error(`${options.what}: the process has ended: ${child.tail()}`);
    if (performance.now() - startedAt > options.limitMs)
      throw new Error(`${options.what}: not within ${options.limitMs} ms: ${child.tail()}`);
    await sleep(options.everyMs);
  }
}
