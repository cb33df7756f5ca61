import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probe } from '../../../../scripts/lib/services/redis';
import { until } from '../../wait';

/** Why there can be no Redis of a test's own on this machine; undefined: there can. */
export const noRedisServer =
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'there is no redis-server on PATH';

/** A Redis of the test's own that keeps nothing on disk: it can be killed, frozen and started again. */
export class RedisServer {
  private child: ChildProcess | undefined;
  private isFrozen = false;
  private readonly dir = mkdtempSync(join(tmpdir(), 'redis-'));

  constructor(
    readonly port: number,
    private readonly options: string[] = [],
  ) {}

  /** Whether it can answer. */
  get isUp(): boolean {
    return this.child !== undefined && !this.isFrozen;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it answers. @param password of its option --requirepass */
  async start(password = ''): Promise<this> {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.dir];
    const nothingKept = ['--save', '', '--appendonly', 'no'];
    this.child = spawn('redis-server', [...own, ...nothingKept, ...this.options], { stdio: 'ignore' });
    const REDIS_URL = this.url.replace('//', password === '' ? '//' : `//:${password}@`);
    await until('redis answers', () =>
      probe({ REDIS_URL }).then(
        () => true,
        () => false,
      ),
    );
    return this;
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
    this.isFrozen = true;
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
    this.isFrozen = false;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
