import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;
/** For a process to start or to end; far longer than any takes, also beside other work on a busy machine. */
const PATIENCE_MS = 180_000;
const living = new Set<ChildProcess>();

/** However this process ends (but by kill -9), its children do not outlive it. */
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** A program that can be killed, frozen and started again. */
export class Child {
  readonly name: string;
  private readonly command: () => {
    file: string;
    args: string[];
    env?: Record<string, string>;
    cwd?: string;
  };
  private readonly answers: () => Promise<boolean>;
  private readonly logFile: string;
  private child: ChildProcess | undefined;

  /** @param answers whether it responds now @param command called at each start */
  constructor(name: string, logFile: string, command: Child['command'], answers: () => Promise<boolean>) {
    this.name = name;
    this.logFile = logFile;
    this.command = command;
    this.answers = answers;
  }

  get isAlive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  get pid(): number | undefined {
    return this.isAlive ? this.child?.pid : undefined;
  }

  /** Resolves when it answers. @throws when it ends before, or takes too long */
  async start(withinMs = PATIENCE_MS): Promise<void> {
    this.launch();
    await this.untilItAnswers(withinMs);
  }

  launch(): void {
    const { file, args, env = {}, cwd } = this.command();
    const log = openSync(this.logFile, 'a');
    const child = spawn(file, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', log, log] });
    closeSync(log);
    this.child = child;
    living.add(child);
    child.once('exit', () => living.delete(child));
    child.once('error', () => living.delete(child));
  }

  async untilItAnswers(withinMs = PATIENCE_MS): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!(await this.answers())) {
      if (!this.isAlive) throw new Error(`${this.name} has ended: see ${this.logFile}`);
      if (performance.now() > deadline)
        throw new Error(`${this.name} does not answer within ${withinMs} ms: see ${this.logFile}`);
      await sleep(POLL_MS);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** @returns exit code, or the signal that ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM', withinMs = PATIENCE_MS): Promise<number | string | null> {
    const { child } = this;
    if (child === undefined) return null;
    if (this.isAlive) {
      const ended = once(child, 'exit');
      child.kill(signal);
      if (signal !== 'SIGKILL') child.kill('SIGCONT'); // a frozen one hears no SIGTERM
      const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
      await ended;
      clearTimeout(timer);
    }
    return child.exitCode ?? child.signalCode;
  }
}
