import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../../scripts/lib/ports';
import { RedisServer } from './server';
import { until } from '../../wait';

const COUNT = 3;
/** So long that a machine that stands still for a while is not taken for a loss. */
const PATIENT_MS = 60_000;
export const REDIS_PASSWORD = 'of-a-test';

/** A master with a replica, and three sentinels that make the replica the master when the master is gone. */
export class RedisSentinels {
  readonly servers: RedisServer[] = [];
  private readonly sentinels: { port: number; child: ChildProcess }[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'sentinels-'));

  /** What REDIS_URL is for them. */
  get url(): string {
    const hosts = this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join();
    return `redis+sentinel://:${REDIS_PASSWORD}@${hosts}/tickets/0`;
  }

  async start(): Promise<this> {
    const access = [
      '--requirepass',
      REDIS_PASSWORD,
      '--masterauth',
      REDIS_PASSWORD,
      '--repl-diskless-sync-delay',
      '0',
    ];
    const master = await new RedisServer(await freePort(), access).start(REDIS_PASSWORD);
    const following = ['--replicaof', `127.0.0.1 ${master.port}`];
    const replica = await new RedisServer(await freePort(), [...access, ...following]).start(REDIS_PASSWORD);
    this.servers.push(master, replica);
    await until('the replica is in step', () =>
      cli(replica.port, REDIS_PASSWORD, 'info', 'replication').includes('master_link_status:up'),
    );
    while (this.sentinels.length < COUNT) await this.startSentinel(master.port);
    await until('the sentinels know each other and the replica', () =>
      this.sentinels.every(({ port }) => {
        const said = cli(port, '', 'sentinel', 'master', 'tickets');
        return /num-slaves\n1\n/.test(said) && new RegExp(`num-other-sentinels\n${COUNT - 1}\n`).test(said);
      }),
    );
    return this;
  }

  /** Lets a server that has started again follow the master, as the sentinels do after some ten seconds. */
  follow({ port }: RedisServer): void {
    cli(port, REDIS_PASSWORD, 'replicaof', '127.0.0.1', String(this.master()));
  }

  /** The port of the master, as the sentinels see it. */
  master(): number {
    const [sentinel] = this.sentinels;
    return Number(
      cli(sentinel?.port ?? 0, '', 'sentinel', 'get-master-addr-by-name', 'tickets').split('\n')[1],
    );
  }

  /** How long a server may be silent before it counts as lost. */
  losesAfter(ms: number = PATIENT_MS): void {
    for (const { port } of this.sentinels)
      cli(port, '', 'sentinel', 'set', 'tickets', 'down-after-milliseconds', String(ms));
  }

  async end(): Promise<void> {
    for (const { child } of this.sentinels) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    for (const server of this.servers) await server.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async startSentinel(master: number): Promise<void> {
    const port = await freePort();
    const file = join(this.folder, `${port}.conf`);
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${this.folder}`,
      `sentinel monitor tickets 127.0.0.1 ${master} 2`,
      `sentinel auth-pass tickets ${REDIS_PASSWORD}`,
      ...[`down-after-milliseconds ${PATIENT_MS}`, 'failover-timeout 10000'].map((it) => {
        const [name, value] = it.split(' ');
        return `sentinel ${name ?? ''} tickets ${value ?? ''}`;
      }),
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
    this.sentinels.push({ port, child });
    await until('the sentinel answers', () => cli(port, '', 'ping').startsWith('PONG'));
  }
}

function cli(port: number, password: string, ...command: string[]): string {
  const args = ['-p', String(port), ...(password === '' ? [] : ['--pass', password, '--no-auth-warning'])];
  return spawnSync('redis-cli', [...args, ...command], { encoding: 'utf8' }).stdout;
}
