import { spawnSync } from 'node:child_process';
import { freePort } from '../../../../scripts/lib/ports';
import { RedisServer } from './server';
import { until } from '../../wait';

const MASTERS = 3;
/** So long that a machine that stands still for a while is not taken for a loss. */
const PATIENT_MS = 60_000;
/** Nodes that are asked often soon know of each other. */
const QUICK_MS = 1000;

/** A Redis Cluster of local nodes: three masters with a third of the slots each, and perhaps replicas of them. */
export class RedisCluster {
  readonly nodes: RedisServer[] = [];

  constructor(private readonly replicasEach = 0) {}

  get urls(): string {
    return this.nodes.map(({ url }) => url).join(',');
  }

  async start(): Promise<this> {
    while (this.nodes.length < MASTERS * (1 + this.replicasEach)) {
      const ports = [String(await freePort()), String(await freePort())];
      const options = ['--cluster-enabled', 'yes', '--cluster-port', ports[1] ?? ''];
      const quick = ['--cluster-node-timeout', String(QUICK_MS), '--cluster-require-full-coverage', 'no'];
      quick.push('--repl-diskless-sync-delay', '0');
      quick.push('--cluster-replica-validity-factor', '0'); // a replica follows however long it was cut off
      this.nodes.push(await new RedisServer(Number(ports[0]), [...options, ...quick]).start());
    }
    const hosts = this.nodes.map(({ port }) => `127.0.0.1:${port}`);
    const made = cli(
      '--cluster',
      'create',
      ...hosts,
      '--cluster-replicas',
      String(this.replicasEach),
      '--cluster-yes',
    );
    if (made.status !== 0) throw new Error(made.stdout + made.stderr);
    await until('all nodes agree', () =>
      this.nodes.every(({ port }) => cli('-p', String(port), 'cluster', 'info').stdout.includes('state:ok')),
    );
    await until('all replicas are in step: one that never was cannot follow its master', () =>
      this.nodes.every(({ port }) => {
        const { stdout } = cli('-p', String(port), 'info', 'replication');
        return /^role:master/m.test(stdout) || /^master_link_status:up/m.test(stdout);
      }),
    );
    this.losesAfter();
    return this;
  }

  /** How long a node may be silent before it counts as lost; to be said again when a node has started again. */
  losesAfter(ms: number = PATIENT_MS): void {
    for (const { port, isUp } of this.nodes)
      if (isUp) cli('-p', String(port), 'config', 'set', 'cluster-node-timeout', String(ms));
  }

  /** The port of the master that has the slot of a key, as those see it that answer. */
  masterOf(key: string): number {
    const [node] = this.nodes.filter(({ isUp }) => isUp);
    const ask = (...args: string[]): string => cli('-p', String(node?.port ?? 0), 'cluster', ...args).stdout;
    const slot = Number(ask('keyslot', key));
    const line = ask('nodes')
      .split('\n')
      .find((it) => {
        const isLiving = /(?:^|,)master(?:,|$)/.test(it.split(' ')[2] ?? '') && !it.includes('fail');
        return isLiving && rangesOf(it).some(([from, to]) => from <= slot && slot <= to);
      });
    return Number(/:(\d+)@/.exec(line ?? '')?.[1] ?? 0);
  }

  async end(): Promise<void> {
    for (const node of this.nodes) await node.end();
  }
}

const cli = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync('redis-cli', args, { encoding: 'utf8' });

/** Of a line of CLUSTER NODES. */
const rangesOf = (line: string): [number, number][] =>
  [...line.matchAll(/ (\d+)-(\d+)(?= |$)/g)].map(([, from, to]) => [Number(from), Number(to)]);
