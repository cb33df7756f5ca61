import { spawnSync } from 'node:child_process';
import { freePort } from './free-port';
import { RedisServer } from './redis-server';
import { until } from './wait';

const NODES = 3;

/** A Redis Cluster of local nodes, each a third of the slots, no replicas. */
export class RedisCluster {
  readonly nodes: RedisServer[] = [];

  get urls(): string {
    return this.nodes.map(({ url }) => url).join(',');
  }

  async start(): Promise<this> {
    while (this.nodes.length < NODES) {
      const ports = [String(await freePort()), String(await freePort())];
      const options = ['--cluster-enabled', 'yes', '--cluster-port', ports[1] ?? ''];
      const quick = ['--cluster-node-timeout', '1000', '--cluster-require-full-coverage', 'no'];
      this.nodes.push(await new RedisServer(Number(ports[0]), [...options, ...quick]).start());
    }
    const hosts = this.nodes.map(({ port }) => `127.0.0.1:${port}`);
    const made = cli('--cluster', 'create', ...hosts, '--cluster-replicas', '0', '--cluster-yes');
    if (made.status !== 0) throw new Error(made.stdout + made.stderr);
    await until('all nodes agree', () =>
      this.nodes.every(({ port }) => cli('-p', String(port), 'cluster', 'info').stdout.includes('state:ok')),
    );
    return this;
  }

  async end(): Promise<void> {
    for (const node of this.nodes) await node.end();
  }
}

const cli = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
  spawnSync('redis-cli', args, { encoding: 'utf8' });
