import type { Findings } from '../checks/findings.ts';
import { gauge, rate } from '../record/scrape.ts';
import type { Plot, Series } from './series.ts';

/** p99 above this is what the study calls loaded. */
export const LOADED_MS = 200;

const named = (name: string, series: Series | undefined): Series[] =>
  series === undefined ? [] : [{ name, points: series.points }];

/** Failed requests: their share of a second, times its requests. */
function failuresPerSecond(recording: Findings['recording']): Series[] {
  const shares = new Map(recording.get('http_req_failed', 'rate')?.points);
  const requests = recording.get('http_reqs', 'rate')?.points ?? [];
  const points = requests.map(([at, count]): [number, number] => [at, count * (shares.get(at) ?? 0)]);
  return [{ name: 'failed', points }];
}

/** The charts of a run, one for each question; those without any point are left out. */
export function plotsOf({ recording, samples, endpoints }: Findings): Plot[] {
  const k6 = (metric: string, aggregate: Parameters<typeof recording.get>[1], name: string): Series[] =>
    named(name, recording.get(metric, aggregate));
  const perEndpoint = (metric: string, aggregate: Parameters<typeof recording.get>[1]): Series[] =>
    endpoints.flatMap(({ endpoint }) => k6(`${metric}{endpoint:${endpoint}}`, aggregate, endpoint));
  const toMs = ({ name, points }: Series): Series => ({
    name,
    points: points.map(([at, s]) => [at, s * 1000]),
  });
  const limit = { value: LOADED_MS, name: 'loaded' };
  const duration = 'http_req_duration';
  const plots: Plot[] = [
    {
      title: 'How fast are the answers?',
      unit: 'ms',
      limit,
      series: [
        ...k6(duration, 'med', 'p50'),
        ...k6(duration, 'p(95)', 'p95'),
        ...k6(duration, 'p(99)', 'p99'),
      ],
    },
    {
      title: 'Which endpoint is slow? (p99)',
      unit: 'ms',
      limit,
      series: perEndpoint(duration, 'p(99)'),
    },
    { title: 'How much is asked?', unit: '/s', series: perEndpoint('http_reqs', 'rate') },
    {
      title: 'What is not done?',
      unit: '/s',
      series: [
        ...failuresPerSecond(recording),
        rate(samples, 'http_requests_shed_total', 'shed'),
        ...k6('dropped_iterations', 'rate', 'not sent: no free virtual user'),
      ],
    },
    {
      title: 'Who waits, and who is active?',
      unit: 'count',
      series: [
        gauge(samples, 'concert_queue_waiting', 'waiting'),
        gauge(samples, 'concert_queue_active', 'active'),
        gauge(samples, 'concert_queue_active_limit', 'admission limit'),
        ...k6('vus', 'value', 'virtual users'),
      ],
    },
    {
      title: 'How long do users wait?',
      unit: 'ms',
      series: [...k6('queue_time', 'med', 'p50'), ...k6('queue_time', 'p(95)', 'p95')],
    },
    {
      title: 'What comes of it?',
      unit: '/s',
      series: [
        rate(samples, 'concert_queue_admissions_total', 'admitted'),
        rate(samples, 'concert_seat_holds_total', 'seats held', { result: 'held' }),
        rate(samples, 'concert_seat_holds_total', 'seats refused', { result: 'refused' }),
        rate(samples, 'concert_ticket_sales_total', 'seats sold'),
      ],
    },
    {
      title: 'When are breakers open? (1: in that state)',
      unit: 'count',
      series: ['queueService', 'concertService'].flatMap((breaker) =>
        ['open', 'half_open'].map((state) =>
          gauge(samples, 'concert_breaker_state', `${breaker} ${state}`, { breaker, state }),
        ),
      ),
    },
    {
      title: 'How do calls to the stores end?',
      unit: '/s',
      series: ['success', 'failure', 'timeout', 'refused', 'ignored'].map((outcome) =>
        rate(samples, 'concert_breaker_calls_total', outcome, { outcome }),
      ),
    },
    {
      title: 'Does the event loop stall?',
      unit: 'ms',
      series: [
        toMs(gauge(samples, 'nodejs_eventloop_lag_p99_seconds', 'p99')),
        toMs(gauge(samples, 'nodejs_eventloop_lag_max_seconds', 'max')),
      ],
    },
    {
      title: 'How busy is the process?',
      unit: 'share',
      series: [
        rate(samples, 'process_cpu_seconds_total', 'cores used'),
        gauge(samples, 'nodejs_eventloop_utilization', 'event-loop utilization'),
      ],
    },
    {
      title: 'Are there enough database connections?',
      unit: 'connections',
      series: [
        gauge(samples, 'concert_database_pool_connections', 'in use', { state: 'inUse' }),
        gauge(samples, 'concert_database_pool_connections', 'waited for', { state: 'waiting' }),
      ],
    },
  ];
  return plots
    .map((plot) => ({
      ...plot,
      series: plot.series.filter(({ points }) => points.some(([, value]) => value > 0)),
    }))
    .filter(({ series }) => series.length > 0);
}
