import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../scripts/lib/ports';
import { LocalServer } from '../../support/servers/local-server';
import { until } from '../../support/wait';

const root = join(__dirname, '../../..');

/** What kube-state-metrics 2.x writes of the release's autoscaler, and of a Job and an autoscaler of others. */
const CLUSTER_STATE = `# HELP kube_horizontalpodautoscaler_spec_max_replicas [STABLE] Upper limit for the number of pods that can be set by the autoscaler; cannot be smaller than MinReplicas.
# TYPE kube_horizontalpodautoscaler_spec_max_replicas gauge
kube_horizontalpodautoscaler_spec_max_replicas{namespace="shop",horizontalpodautoscaler="concert-api"} 4
kube_horizontalpodautoscaler_spec_max_replicas{namespace="shop",horizontalpodautoscaler="other"} 50
kube_horizontalpodautoscaler_spec_max_replicas{namespace="shop",horizontalpodautoscaler="concert-api-web"} 60
kube_horizontalpodautoscaler_spec_max_replicas{namespace="staging",horizontalpodautoscaler="concert-api"} 70
# HELP kube_horizontalpodautoscaler_status_desired_replicas [STABLE] Desired number of replicas of pods managed by this autoscaler.
# TYPE kube_horizontalpodautoscaler_status_desired_replicas gauge
kube_horizontalpodautoscaler_status_desired_replicas{namespace="shop",horizontalpodautoscaler="concert-api"} 3
kube_horizontalpodautoscaler_status_desired_replicas{namespace="shop",horizontalpodautoscaler="other"} 40
kube_horizontalpodautoscaler_status_desired_replicas{namespace="shop",horizontalpodautoscaler="concert-api-web"} 50
kube_horizontalpodautoscaler_status_desired_replicas{namespace="staging",horizontalpodautoscaler="concert-api"} 60
`;

/** A Prometheus, an InfluxDB and what else runs beside a test, in a folder that goes with it. */
export class Stores {
  readonly folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
  prometheusUrl = '';
  influxUrl = '';
  /** The last one started ends first. */
  private readonly endings: (() => Promise<unknown>)[] = [];

  /** Ends `end` with the stores, before what was started earlier. */
  endsWith(end: () => Promise<unknown>): void {
    this.endings.push(end);
  }

  /** @returns the URL of what stands for kube-state-metrics */
  async startClusterState(): Promise<string> {
    const server = await new LocalServer((_request, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(CLUSTER_STATE);
    }).open();
    this.endsWith(() => server.close());
    return server.origin;
  }

  async startInflux(): Promise<void> {
    const [http, rpc] = [await freePort(), await freePort()];
    this.influxUrl = `http://127.0.0.1:${http}`;
    writeFileSync(
      join(this.folder, 'influx.conf'),
      `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${this.folder}/influx/meta"
[data]
dir = "${this.folder}/influx/data"
wal-dir = "${this.folder}/influx/wal"
query-log-enabled = false
[http]
bind-address = "127.0.0.1:${http}"
log-enabled = false
[logging]
level = "error"
suppress-logo = true
[monitor]
store-enabled = false
`,
    );
    this.run('INFLUXD', 'influxd', ['-config', 'influx.conf']);
    await until('InfluxDB answers', answers(`${this.influxUrl}/ping`));
    await fetch(`${this.influxUrl}/query?q=CREATE+DATABASE+k6`, { method: 'POST' });
  }

  /** @param jobs the URL of each */
  async startPrometheus(jobs: Record<string, string>): Promise<void> {
    const port = await freePort();
    this.prometheusUrl = `http://127.0.0.1:${port}`;
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: this.ruleFiles(),
      scrape_configs: Object.entries(jobs).map(([job_name, url]) => ({
        job_name,
        honor_labels: true,
        static_configs: [{ targets: [new URL(url).host], labels: { namespace: 'shop' } }],
      })),
    };
    writeFileSync(join(this.folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is valid YAML
    this.run('PROMETHEUS', 'prometheus', [
      '--config.file=prometheus.yml',
      `--web.listen-address=127.0.0.1:${port}`,
      '--storage.tsdb.path=prometheus',
      '--log.level=error',
    ]);
    await until('Prometheus answers', answers(`${this.prometheusUrl}/-/ready`));
  }

  /** @param variable the one that names the program, where it is not `name` */
  run(variable: string, name: string, args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn(process.env[variable] ?? name, args, {
      cwd: this.folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = new Promise<void>((resolve) => {
      child.once('error', (error) => {
        process.stderr.write(`${variable}: ${error.message}\n`);
        resolve();
      });
      child.once('exit', (code) => {
        if (code !== 0 && code !== null) process.stderr.write(`${variable} ended with ${code}: ${said}\n`);
        resolve();
      });
    });
    this.endsWith(() => {
      child.kill();
      return ended;
    });
    return child;
  }

  async end(): Promise<void> {
    for (const end of this.endings.reverse()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The chart's rules, evaluated each second: a run is shorter than the intervals of some groups. */
  private ruleFiles(): string[] {
    return ['recording.yml', 'alerts.yml'].map((name) => {
      const rules = readFileSync(join(root, 'charts/prometheus/rules', name), 'utf8');
      const file = join(this.folder, name);
      writeFileSync(file, rules.replace(/^ +interval: .*\n/gm, ''));
      return file;
    });
  }
}

const answers = (url: string) => () =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
