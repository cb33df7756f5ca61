import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueQueueId } from '../support/config';
import { Given } from '../support/rows/given';
import { Scratch } from '../support/rows/scratch';
import { startTestService } from '../support/service';
import { wait } from '../support/wait';
import { Queries } from './dashboards/queries';
import { RUN_SECONDS, SCRIPT, TEST_ID } from './dashboards/scenario';
import { Stores } from './dashboards/stores';

/**
 * Every query of every dashboard, against a Prometheus and an InfluxDB that a short run has filled: an api, a worker and a
 * web process with more buyers than places, and a scenario that fails and drops.
 */
const root = join(__dirname, '../..');

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

const stores = new Stores();
const queries = new Queries(stores);

async function runK6(url: string, given: Given): Promise<void> {
  const userIds = await given.users(200);
  const { id } = await given.scheduleWithSeats(2000);
  writeFileSync(join(stores.folder, 'run.js'), SCRIPT);
  const args = [
    'run',
    '--quiet',
    '--no-summary',
    '--no-usage-report',
    '--out',
    `influxdb=${stores.influxUrl}/k6`,
  ];
  const k6 = stores.run('K6', 'k6', [...args, 'run.js'], {
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
  const scratch = await Scratch.migrated(); // one worker of a database watches over its invariants: ours
  stores.endsWith(() => scratch.drop());
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
  for (const service of [worker, web, api]) stores.endsWith(() => service.stop());
  const clusterState = await stores.startClusterState();
  await Promise.all([
    stores.startInflux(),
    stores.startPrometheus({
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
    queries.measuredAt = Date.now() / 1000;
  } while (!(await isMeasured()));
});

afterAll(() => stores.end());

/** Whether the last run shows in rates: each service was scraped often enough, and buyers were admitted and bought. */
async function isMeasured(): Promise<boolean> {
  const now = async (expr: string): Promise<number> => (await queries.valuesFrom(expr, true))[0] ?? 0;
  const span = `[${RUN_SECONDS}s]`;
  return (
    (await now(`min(sum_over_time(up${span}))`)) >= RUN_SECONDS / 2 &&
    (await now(`sum(increase(concert_queue_wait_seconds_count${span}))`)) > 0 &&
    (await now(`sum(increase(concert_queue_eta_error_seconds_count${span}))`)) > 0 &&
    (await now(`sum(increase(concert_ticket_sales_total${span}))`)) > 0
  );
}

const ask = async ({ expr, instant, query }: Target): Promise<number> =>
  expr === undefined ? (await queries.askInflux(query ?? '')).length : queries.askPrometheus(expr, instant);

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
          ? (await queries.askInflux(definition)).length
          : await queries.askPrometheus(`count by (${label}) (${metric})`, true);
      if (found === 0) empty.push(`${title} ${type} ${name}: ${definition}`);
    }
  expect(empty).toEqual([]);
});

it('has annotations whose queries Prometheus can answer', async () => {
  const counts = await Promise.all(
    dashboards.flatMap(({ annotations }) =>
      annotations.list.map(async ({ name, expr }) => [name, await queries.askPrometheus(expr)] as const),
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
    Number((await queries.askInflux(queryOf('Requests'), filters))[0]?.[1] ?? 0);
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
  expect((await queries.askInflux(queryOf('Virtual users'), { testid: TEST_ID })).length).toBeGreaterThan(0);
});

describe('Scaling', () => {
  const scaling = dashboards.find(({ title }) => title === 'Scaling');
  const API_JOB = 'concert-api';
  const lastOf = async (title: string, refId: string): Promise<number | undefined> => {
    const panel = scaling?.panels.find((it) => it.title === title && it.type !== 'row');
    const expr = panel?.targets?.find((it) => it.refId === refId)?.expr ?? '';
    return (await queries.valuesFrom(expr, true, API_JOB)).at(-1);
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
      queries.valuesFrom(cpu, true),
      lastOf('CPU of request', 'A'),
    ]);
    expect(ofRequest * 0.43).toBeCloseTo(used, 5);
  });
});
