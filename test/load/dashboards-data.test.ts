import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scratch } from '../support/rows/scratch';
import { uniqueQueueId } from '../support/config';
import { freePort } from '../../scripts/lib/ports';
import { Given } from '../support/rows/given';
import { startTestService } from '../support/service';
import { until, wait } from '../support/wait';

/**
 * Every query of every dashboard, against a Prometheus and an InfluxDB that a short run has filled: an api, a worker and a
 * web process with more buyers than places, and a scenario that fails and drops.
 */
const root = join(__dirname, '../..');
const RUN_SECONDS = 12;
const TEST_ID = 'dashboards';

interface Target {
  refId: string;
  expr?: string;
  instant?: boolean;
  query?: string;
}
interface Dashboard {
  title: string;
  panels: { type: string; title: string; targets?: Target[] }[];
  templating: { list: { name: string; type: string; definition?: string }[] };
  annotations: { list: { name: string; expr: string }[] };
}
const dashboards = readdirSync(join(root, 'charts/grafana/dashboards')).map(
  (file) => JSON.parse(readFileSync(join(root, 'charts/grafana/dashboards', file), 'utf8')) as Dashboard,
);

const SCRIPT = `
import { sleep } from 'k6';
import { Api } from '${root}/k6/lib/api.ts';
import { holds, seatConflicts, ticketsSold, visitDone } from '${root}/k6/lib/metrics.ts';
import { waitForAdmission } from '${root}/k6/lib/waiting.ts';

const userIds = JSON.parse(__ENV.USER_IDS);
const scheduleId = Number(__ENV.SCHEDULE);
const api = new Api(1);
export const options = {
  tags: { testid: '${TEST_ID}' },
  scenarios: {
    buyers: { executor: 'constant-vus', vus: 20, duration: '${RUN_SECONDS}s', gracefulStop: '1s', exec: 'buy' },
    strangers: { executor: 'constant-arrival-rate', rate: 20, duration: '${RUN_SECONDS}s', preAllocatedVUs: 1,
                 maxVUs: 1, gracefulStop: '1s', exec: 'knock' },
  },
};
export function buy() {
  const token = waitForAdmission(api, userIds[(__VU * 97 + __ITER) % userIds.length]);
  if (token === undefined) return;
  api.schedule(token);
  sleep(0.5); // slow enough that a queue forms
  for (let tries = 0; tries < 20; tries++) {
    const seats = api.seat(token, scheduleId).data;
    const seat = seats[Math.floor(Math.random() * 3)];
    const held = api.reserve(token, scheduleId, seat.seatId);
    seatConflicts.add(held.ok ? 0 : 1);
    if (!held.ok) continue;
    holds.add(1);
    api.charge(token, seat.amount);
    if (api.payment(token, held.data.reservationId).ok) ticketsSold.add(1);
    break;
  }
  visitDone();
}
export function knock() {
  api.check('a token that nobody gave');
  sleep(0.3);
}
`;

/** What runs beside the test; the last one started ends first. */
const endings: (() => Promise<unknown>)[] = [];
let folder: string;
let prometheusUrl: string;
let influxUrl: string;
/** Seconds since 1970 at which everything was measured: the queries may come later on a busy machine. */
let measuredAt: number;

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

async function startClusterState(): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4').end(CLUSTER_STATE);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A number that nobody listens on now: neither server says which it took when asked for any. */
function run(variable: string, name: string, args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.env[variable] ?? name, args, {
    cwd: folder,
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
  endings.push(() => {
    child.kill();
    return ended;
  });
  return child;
}

const answers = (url: string) => () =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );

async function startInflux(): Promise<void> {
  const [http, rpc] = [await freePort(), await freePort()];
  influxUrl = `http://127.0.0.1:${http}`;
  writeFileSync(
    join(folder, 'influx.conf'),
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${folder}/influx/meta"
[data]
dir = "${folder}/influx/data"
wal-dir = "${folder}/influx/wal"
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
  run('INFLUXD', 'influxd', ['-config', 'influx.conf']);
  await until('InfluxDB answers', answers(`${influxUrl}/ping`));
  await fetch(`${influxUrl}/query?q=CREATE+DATABASE+k6`, { method: 'POST' });
}

/** The chart's rules, evaluated each second: a run is shorter than the intervals of some groups. */
function ruleFiles(): string[] {
  return ['recording.yml', 'alerts.yml'].map((name) => {
    const rules = readFileSync(join(root, 'charts/prometheus/rules', name), 'utf8');
    const file = join(folder, name);
    writeFileSync(file, rules.replace(/^ +interval: .*\n/gm, ''));
    return file;
  });
}

async function startPrometheus(jobs: Record<string, string>): Promise<void> {
  const port = await freePort();
  prometheusUrl = `http://127.0.0.1:${port}`;
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ruleFiles(),
    scrape_configs: Object.entries(jobs).map(([job_name, url]) => ({
      job_name,
      honor_labels: true,
      static_configs: [{ targets: [new URL(url).host], labels: { namespace: 'shop' } }],
    })),
  };
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is valid YAML
  run('PROMETHEUS', 'prometheus', [
    '--config.file=prometheus.yml',
    `--web.listen-address=127.0.0.1:${port}`,
    '--storage.tsdb.path=prometheus',
    '--log.level=error',
  ]);
  await until('Prometheus answers', answers(`${prometheusUrl}/-/ready`));
}

async function runK6(url: string, given: Given): Promise<void> {
  const userIds = await given.users(200);
  const { id } = await given.scheduleWithSeats(2000);
  writeFileSync(join(folder, 'run.js'), SCRIPT);
  const args = ['run', '--quiet', '--no-summary', '--no-usage-report', '--out', `influxdb=${influxUrl}/k6`];
  const k6 = run('K6', 'k6', [...args, 'run.js'], {
    BASE_URL: url,
    USER_IDS: JSON.stringify(userIds),
    SCHEDULE: String(id),
  });
  const [code] = (await once(k6, 'exit')) as [number];
  expect(code).toBe(0);
}

/** As a page that waits does, for as long as a run. */
async function readStatus({ url, queueId }: { url: string; queueId: string }): Promise<void> {
  for (let second = 0; second < RUN_SECONDS; second++) {
    expect((await fetch(`${url}/v1/api/queues/${queueId}/status`)).status).toBe(200);
    await wait(1000);
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
  const scratch = await Scratch.migrated(); // one worker of a database watches over its invariants: ours
  endings.push(() => scratch.drop());
  // More buyers than sessions, and waiting users who poll again within the run although no estimate exists yet.
  const own = {
    ...scratch.env,
    QUEUE_ID: uniqueQueueId(),
    QUEUE_MAX_ACTIVE: 5,
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 5,
    QUEUE_IDLE_TIMEOUT_SECONDS: 10, // who was active when a run ended leaves their place to the next
    HOLD_SECONDS: 10,
  };
  const [api, web, worker] = await Promise.all([
    startTestService({ ...own, ROLE: 'api', POD_CPU_REQUEST_MILLICORES: 430 }),
    startTestService({ ...own, ROLE: 'web', POD_CPU_REQUEST_MILLICORES: 100 }),
    startTestService({
      ...own,
      ROLE: 'worker',
      INVARIANT_CHECK_INTERVAL_SECONDS: 1,
      POD_CPU_REQUEST_MILLICORES: 280,
    }),
  ]);
  endings.push(
    () => worker.stop(),
    () => web.stop(),
    () => api.stop(),
  );
  const clusterState = await startClusterState();
  await Promise.all([
    startInflux(),
    startPrometheus({
      'concert-api': api.url,
      'concert-worker': worker.url,
      'concert-web': web.url,
      'kube-state-metrics': clusterState,
    }),
  ]);
  // On a busy machine scrapes are late or fail, and buyers come to nothing within the run: it is tried again then.
  do {
    await Promise.all([runK6(api.url, new Given(scratch.admin)), readStatus(web)]);
    await wait(1_500); // the last scrape and rule
    measuredAt = Date.now() / 1000;
  } while (!(await isMeasured()));
});

afterAll(async () => {
  for (const end of endings.reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

/** As Grafana does it: names in braces or without, the longest first. */
function fill(text: string, values: Record<string, string>): string {
  return Object.entries(values)
    .sort(([a], [b]) => b.length - a.length)
    .reduce((it, [name, value]) => it.replaceAll(`\${${name}}`, value).replaceAll(`$${name}`, value), text);
}

interface PrometheusAnswer {
  status: string;
  error?: string;
  data: { result: { values?: [number, string][]; value?: [number, string] }[] };
}

/** The values that are numbers. @param job what is selected: all, unless the dashboard is about one */
async function valuesFrom(expr: string, instant: boolean, job = 'concert-.+'): Promise<number[]> {
  const end = measuredAt;
  const query = fill(expr, {
    namespace: 'shop',
    job,
    instance: '.+',
    __rate_interval: '12s',
    __range: '60s',
  });
  const parameters = { query, time: String(end), start: String(end - 30), end: String(end), step: '1' };
  const answer = await fetch(`${prometheusUrl}/api/v1/${instant ? 'query' : 'query_range'}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  });
  const { status, error, data } = (await answer.json()) as PrometheusAnswer;
  if (status !== 'success') throw new Error(`${error ?? status}: ${query}`);
  return data.result
    .flatMap(({ values = [], value }) => (value === undefined ? values : [value]))
    .map(([, it]) => Number(it))
    .filter((it) => Number.isFinite(it));
}

/** Whether the last run shows in rates: each service was scraped often enough, and buyers were admitted and bought. */
async function isMeasured(): Promise<boolean> {
  const now = async (expr: string): Promise<number> => (await valuesFrom(expr, true))[0] ?? 0;
  const span = `[${RUN_SECONDS}s]`;
  return (
    (await now(`min(sum_over_time(up${span}))`)) >= RUN_SECONDS / 2 &&
    (await now(`sum(increase(concert_queue_wait_seconds_count${span}))`)) > 0 &&
    (await now(`sum(increase(concert_queue_eta_error_seconds_count${span}))`)) > 0 &&
    (await now(`sum(increase(concert_ticket_sales_total${span}))`)) > 0
  );
}

const askPrometheus = async (expr: string, instant = false): Promise<number> =>
  (await valuesFrom(expr, instant)).length;

interface InfluxAnswer {
  error?: string;
  results?: { error?: string; series?: { columns: string[]; values: (number | string | null)[][] }[] }[];
}

async function askInflux(query: string, filters: Record<string, string> = {}): Promise<unknown[][]> {
  const q = fill(query, {
    timeFilter: 'time >= now() - 5m',
    __interval: '1s',
    __interval_ms: '1000',
    testid: '.*',
    scenario: '.*',
    endpoint: '.*',
    ...filters,
  });
  const answer = await fetch(`${influxUrl}/query?db=k6&epoch=ms`, {
    method: 'POST',
    body: new URLSearchParams({ q }),
  });
  const { error, results = [] } = (await answer.json()) as InfluxAnswer;
  const wrong = error ?? results.find((it) => it.error !== undefined)?.error;
  if (wrong !== undefined) throw new Error(`${wrong}: ${q}`);
  return results
    .flatMap(({ series = [] }) => series.flatMap(({ values }) => values))
    .filter((row) => row.slice(1).every((value) => value !== null));
}

const ask = async ({ expr, instant, query }: Target): Promise<number> =>
  expr === undefined ? (await askInflux(query ?? '')).length : askPrometheus(expr, instant);

it.each(dashboards.map((it) => [it.title, it] as const))('%s: every panel has data', async (title, it) => {
  const empty: string[] = [];
  const table: string[] = [`\n${title}`];
  for (const panel of it.panels.filter(({ type }) => type !== 'row')) {
    const counts: number[] = [];
    for (const target of panel.targets ?? []) {
      const count = await ask(target);
      counts.push(count);
      if (count === 0) empty.push(`${panel.title} ${target.refId}: ${target.expr ?? target.query ?? ''}`);
    }
    table.push(`  ${panel.title.padEnd(34)} ${counts.map((count) => String(count).padStart(5)).join('')}`);
  }
  process.stdout.write(`${table.join('\n')}\n`);
  expect(empty).toEqual([]);
});

it('finds the values of every variable that is asked for', async () => {
  const empty: string[] = [];
  for (const { title, templating } of dashboards)
    for (const { name, type, definition = '' } of templating.list.filter((it) => it.type === 'query')) {
      const [, metric = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      const found =
        label === ''
          ? (await askInflux(definition)).length
          : await askPrometheus(`count by (${label}) (${metric})`, true);
      if (found === 0) empty.push(`${title} ${type} ${name}: ${definition}`);
    }
  expect(empty).toEqual([]);
});

it('has annotations whose queries Prometheus can answer', async () => {
  const counts = await Promise.all(
    dashboards.flatMap(({ annotations }) =>
      annotations.list.map(async ({ name, expr }) => [name, await askPrometheus(expr)] as const),
    ),
  );
  expect(new Map(counts).get('Process started')).toBeGreaterThan(0); // that nothing else happened is good
});

it('shows less when a filter is set', async () => {
  const queryOf = (wanted: string): string =>
    dashboards
      .flatMap(({ panels }) => panels)
      .filter(({ title }) => title === wanted)
      .flatMap(({ targets = [] }) => targets)
      .find(({ query }) => query !== undefined)?.query ?? '';
  const requests = async (filters: Record<string, string>): Promise<number> =>
    Number((await askInflux(queryOf('Requests'), filters))[0]?.[1] ?? 0);
  const all = await requests({});
  expect(await requests({ testid: TEST_ID })).toBe(all);
  expect(await requests({ testid: 'another' })).toBe(0);
  const [bought, knocked] = [
    await requests({ scenario: 'buyers' }),
    await requests({ scenario: 'strangers' }),
  ];
  expect([bought > 0, knocked > 0, bought + knocked]).toEqual([true, true, all]);
  const checks = await requests({ scenario: 'buyers', endpoint: '(check|token)' });
  expect([checks > 0, checks < bought]).toEqual([true, true]);
  expect((await askInflux(queryOf('Virtual users'), { testid: TEST_ID })).length).toBeGreaterThan(0);
});

describe('Scaling', () => {
  const scaling = dashboards.find(({ title }) => title === 'Scaling');
  const API_JOB = 'concert-api';
  const lastOf = async (title: string, refId: string): Promise<number | undefined> => {
    const panel = scaling?.panels.find((it) => it.title === title && it.type !== 'row');
    const expr = panel?.targets?.find((it) => it.refId === refId)?.expr ?? '';
    return (await valuesFrom(expr, true, API_JOB)).at(-1);
  };

  it('is about the API alone', () => {
    const definitions = scaling?.templating.list.map(({ definition }) => definition);
    expect(definitions).toContain(
      'label_values(http_requests_in_flight{namespace=~"$namespace", job=~"concert-api"}, job)',
    );
    expect(JSON.stringify(scaling?.templating.list)).toContain('"allValue":"concert-api"');
  });

  it('shows what kube-state-metrics says of the autoscaler of the release, and pods of the API', async () => {
    expect([await lastOf('Desired', 'A'), await lastOf('Replicas', 'B')]).toEqual([3, 4]);
    expect(await lastOf('Ready', 'A')).toBe(1); // the worker answers as well, and is none
  });

  it('relates CPU to what a pod requests, by the value of the chart', async () => {
    const cpu = 'sum(rate(process_cpu_seconds_total{job="concert-api"}[12s]))';
    const [[used = 0], ofRequest = 0] = await Promise.all([
      valuesFrom(cpu, true),
      lastOf('CPU of request', 'A'),
    ]);
    expect(ofRequest * 0.43).toBeCloseTo(used, 5);
  });
});
