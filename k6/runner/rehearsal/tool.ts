import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../paths.ts';

const FILE = join(root, 'dist', 'cli', 'rehearsal.js');

export type Tool = (...args: string[]) => Promise<Record<string, number>>;

/** Runs dist/cli/rehearsal.js. @returns its last line as JSON @throws Error with what it has said */
export async function tool(...args: string[]): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, [FILE, ...args]).catch((error: unknown) => {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`rehearsal ${args[0] ?? ''}: ${stderr.trim() || String(error)}`);
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) || '{}') as Record<string, number>;
}

/**
 * Runs `work` while no other runner makes or removes rows. The process that keeps the lock ends together with this one,
 * even if this one is killed.
 * @param work gets the tool that acts under the lock @throws Error that says who has the lock and until when
 */
export async function withRunnerLock<T>(work: (own: Tool) => Promise<T>): Promise<T> {
  const runner = ['--runner', randomUUID()];
  const keeper = spawn(process.execPath, [FILE, 'keep', ...runner], { stdio: 'pipe' });
  const ended = once(keeper, 'close');
  keeper.stdin.on('error', () => undefined); // it has ended before: what it has said is thrown
  let said = '';
  keeper.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const refused = ended.then(() => {
    throw new Error(`rehearsal keep: ${said.trim()}`);
  });
  await Promise.race([once(keeper.stdout, 'data'), refused]);
  try {
    return await work((...args) => tool(...args, ...runner));
  } finally {
    keeper.stdin.end();
    await ended;
  }
}
