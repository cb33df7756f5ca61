import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../support/at';
import { freePort } from '../../scripts/lib/ports';
import { ServiceProcess } from '../support/servers/process';
import { TraceCollector } from '../support/servers/trace-collector';
import { until } from '../support/wait';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const OPEN_METRICS = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3';
const LISTS = '/v1/api/queues/nowhere/status';

let collector: TraceCollector;
let service: ServiceProcess | undefined;
beforeEach(async () => {
  collector = await new TraceCollector().open();
});
afterEach(async () => {
  await service?.stop();
  service = undefined;
  await collector.close();
});

async function start(env: Record<string, string | number>): Promise<ServiceProcess> {
  service = await new ServiceProcess({ MANAGEMENT_PORT: 0, ROLE: 'api', ...env }).start();
  return service;
}

interface LogLine {
  msg: string;
  level: string;
  requestId?: string;
  trace_id?: string;
  span_id?: string;
}
const linesOf = ({ lines }: ServiceProcess): LogLine[] => lines.map((line) => JSON.parse(line) as LogLine);

async function metricsOf({ managementUrl }: ServiceProcess, accept = ''): Promise<Response> {
  return fetch(`${managementUrl}/metrics`, { headers: { accept } });
}

/** The value of a series, 0 where there is none. */
async function metric(of: ServiceProcess, series: string): Promise<number> {
  const text = await (await metricsOf(of)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.split(' ')[1] ?? 0);
}

/** @returns what of OpenTelemetry's SDK and of kafkajs a process has loaded that has lived with this environment */
async function loadedBy(
  env: Record<string, string | number>,
  work?: (of: ServiceProcess) => Promise<unknown>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'loaded-'));
  try {
    const file = join(folder, 'modules.json');
    const preload = join(__dirname, '../support/loaded-modules.cjs');
    const one = await start({
      ...env,
      NODE_OPTIONS: `--require ${JSON.stringify(preload)}`,
      LOADED_MODULES_FILE: file,
    });
    await work?.(one);
    expect(await one.stop()).toBe(0);
    return JSON.parse(await readFile(file, 'utf8')) as string[];
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('a process without a collector', () => {
  it('loads nothing of OpenTelemetry’s SDK nor of kafkajs, traces nothing and scrapes as before', async () => {
    const loaded = await loadedBy({ LOG_LEVEL: 'debug' }, async (one) => {
      const headers = { traceparent: `00-${TRACE}-${SPAN}-01`, 'x-request-id': 'mine' };
      expect((await fetch(one.url + LISTS, { headers })).status).toBe(404);
      const scrape = await metricsOf(one, OPEN_METRICS);
      expect(scrape.headers.get('content-type')).toContain('text/plain');
      const line = await until('logged', () => linesOf(one).find(({ requestId }) => requestId === 'mine'));
      expect(line).toMatchObject({ msg: 'answered' });
      expect(line).not.toHaveProperty('trace_id');
    });
    expect(loaded).toEqual([]);
  });
});

describe('a process with a collector', () => {
  it('sends what is left before it ends, and has loaded the SDK for it', async () => {
    const late = {
      ...collector.env,
      OTEL_BSP_SCHEDULE_DELAY: 60_000,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b',
    };
    const loaded = await loadedBy(
      { ...late, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=here' },
      (one) => fetch(one.url + LISTS, { headers: { 'x-request-id': 'last' } }),
    );
    expect(loaded.join('\n')).toContain('sdk-trace');
    const span = collector.spans.find(({ attributes }) => attributes['concert.request_id'] === 'last');
    expect(span).toMatchObject({
      name: `GET /v1/api/queues/:queueId/status`,
      resource: { 'concert.role': 'api', 'deployment.environment.name': 'here' },
    });
    expect(collector.headers[0]).toMatchObject({ 'x-key': 'a b' });
  });

  it('names a traced request in its log lines, and in the buckets of its histogram for those who take OpenMetrics', async () => {
    const one = await start({ ...collector.env, LOG_LEVEL: 'debug' });
    const { status } = await fetch(one.url + LISTS, { headers: { 'x-request-id': 'mine' } });
    const line = await until('logged', () => linesOf(one).find(({ requestId }) => requestId === 'mine'));
    const isMine = (id: unknown): boolean => id === 'mine';
    const span = await until('sent', () =>
      collector.spans.find(({ attributes }) => isMine(attributes['concert.request_id'])),
    );
    expect(line).toMatchObject({ msg: 'answered', trace_id: span.traceId, span_id: span.spanId });
    expect(linesOf(one).find(({ msg }) => msg === 'listening')).not.toHaveProperty('trace_id');
    expect(span.name).toBe('GET /v1/api/queues/:queueId/status');

    const scrape = await metricsOf(one, OPEN_METRICS);
    expect(scrape.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    const text = await scrape.text();
    const buckets = text
      .split('\n')
      .filter((line) => line.startsWith('http_request_duration_seconds_bucket'));
    const named = buckets.filter((line) => line.includes(' # '));
    expect(named).toHaveLength(1);
    expect(at(named, 0)).toContain(
      `status="${status}"} 1 # {trace_id="${span.traceId}",span_id="${span.spanId}"} `,
    );
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(text).toContain('# TYPE http_requests_shed counter\nhttp_requests_shed_total 0\n');

    const plain = await metricsOf(one); // the older format afterwards, unchanged
    const older = await plain.text();
    expect(plain.headers.get('content-type')).toContain('text/plain');
    expect(older).toContain('# TYPE http_requests_shed_total counter\nhttp_requests_shed_total 0\n');
    expect(older).not.toContain(span.traceId);
  });

  it('goes on with the trace of a trusted caller, and leaves probes out', async () => {
    const one = await start({
      ...collector.env,
      OTEL_TRACES_SAMPLER_ARG: 0,
      TRACES_TRUSTED_NETWORKS: '127.0.0.0/8',
    });
    const get = (path: string, requestId: string, traceparent?: string): Promise<Response> =>
      fetch(one.url + path, { headers: { 'x-request-id': requestId, ...(traceparent && { traceparent }) } });
    await get(LISTS, 'no parent');
    await get(LISTS, 'not-sampled', `00-${TRACE}-${SPAN}-00`);
    await get('/health/live', 'probe', `00-${TRACE}-${SPAN}-01`);
    await get(LISTS, 'sampled', `00-${TRACE}-${SPAN}-01`);
    expect(await one.stop()).toBe(0);
    expect(collector.spans.map(({ attributes }) => attributes['concert.request_id'])).toEqual(['sampled']);
    expect(collector.spans).toMatchObject([{ traceId: TRACE, parentSpanId: SPAN }]);
  });
});

describe('a collector that is away', () => {
  it('costs spans and nothing else: they are counted, and it is logged once', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const one = await start({
      ...collector.env,
      OTEL_EXPORTER_OTLP_ENDPOINT: nowhere,
      OTEL_EXPORTER_OTLP_TIMEOUT: 100,
    });
    const lost = 'concert_trace_spans_dropped_total{reason="collector"}';
    for (const least of [1, 2]) {
      expect((await fetch(one.url + LISTS)).status).toBe(404);
      await until('lost', async () => (await metric(one, lost)) >= least);
    }
    await expect(metric(one, 'concert_trace_spans_exported_total')).resolves.toBe(0);
    expect(await one.stop()).toBe(0);
    const said = linesOf(one).filter(({ msg }) => msg.startsWith('the collector of traces'));
    expect(said).toMatchObject([{ level: 'warn' }]);
  });

  it('is waited for by no more spans than the queue holds', async () => {
    const one = await start({
      ...collector.env,
      OTEL_BSP_MAX_QUEUE_SIZE: 4,
      OTEL_BSP_SCHEDULE_DELAY: 60_000,
    });
    collector.status = 503; // a full queue is sent at once
    const full = 'concert_trace_spans_dropped_total{reason="queue_full"}';
    let asked = 0;
    await until('dropped', async () => {
      await Promise.all(Array.from({ length: 100 }, () => fetch(one.url + LISTS)));
      asked += 100;
      return (await metric(one, full)) >= 50;
    });
    await expect(metric(one, full)).resolves.toBeLessThanOrEqual(asked - 4);
  });

  it('is logged when it is back', async () => {
    collector.status = 400; // final: it is not tried again
    const one = await start(collector.env);
    await fetch(one.url + LISTS);
    await until('lost', () => linesOf(one).find(({ msg }) => msg.includes('does not take spans')));
    collector.status = 200;
    await fetch(one.url + LISTS);
    await until('back', () => linesOf(one).find(({ msg }) => msg.includes('takes spans again')));
    await until('counted', async () => (await metric(one, 'concert_trace_spans_exported_total')) >= 1);
  });
});

it('a bound on traces counts what it leaves out', async () => {
  const one = await start({ ...collector.env, TRACES_MAX_PER_SECOND: 1 });
  await until('limited', async () => {
    await Promise.all(Array.from({ length: 50 }, () => fetch(one.url + LISTS)));
    return (await metric(one, 'concert_traces_limited_total')) > 0;
  });
});
