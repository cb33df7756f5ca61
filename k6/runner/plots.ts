import type { Findings } from './findings.ts';
import { gauge, rate } from './scrape.ts';
import type { Plot, Series } from './series.ts';

/** p99 above this is what the study calls loaded. */
export const LOADED_MS = 200;

const named = (name: string, series: Series | undefined): Series[] =>
  series === undefined ? [] : [{ name, points: series.points }];

/** The pictures of a run, those without any point left out. */
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
      title: 'Latency, all requests',
      unit: 'ms',
      limit,
      series: [
        ...k6(duration, 'med', 'p50'),
        ...k6(duration, 'p(95)', 'p95'),
        ...k6(duration, 'p(99)', 'p99'),
      ],
    },
    { title: 'p50 by endpoint', unit: 'ms', series: perEndpoint(duration, 'med') },
    { title: 'p95 by endpoint', unit: 'ms', series: perEndpoint(duration, 'p(95)') },
    { title: 'p99 by endpoint', unit: 'ms', limit, series: perEndpoint(duration, 'p(99)') },
    { title: 'Requests by endpoint', unit: '/s', series: perEndpoint('http_reqs', 'rate') },
    { title: 'Virtual users', unit: 'count', series: k6('vus', 'value', 'virtual users') },
    {
      title: 'Failed requests',
      unit: 'share',
      series: [...k6('http_req_failed', 'rate', 'all'), ...perEndpoint('http_req_failed', 'rate')],
    },
    { title: 'Dropped iterations', unit: '/s', series: k6('dropped_iterations', 'rate', 'dropped') },
    {
      title: 'Time in the queue',
      unit: 'ms',
      series: [...k6('queue_time', 'med', 'p50'), ...k6('queue_time', 'p(95)', 'p95')],
    },
    {
      title: 'Waiting room',
      unit: 'count',
      series: [
        gauge(samples, 'concert_queue_waiting', 'waiting'),
        gauge(samples, 'concert_queue_active', 'inside'),
        gauge(samples, 'concert_queue_active_limit', 'cap'),
      ],
    },
    { title: 'Let in', unit: '/s', series: [rate(samples, 'concert_queue_admissions_total', 'admitted')] },
    {
      title: 'Seats',
      unit: '/s',
      series: [
        rate(samples, 'concert_seat_holds_total', 'held', { result: 'held' }),
        rate(samples, 'concert_seat_holds_total', 'refused', { result: 'refused' }),
        rate(samples, 'concert_ticket_sales_total', 'sold'),
      ],
    },
    {
      title: 'Breakers (1: in that state)',
      unit: 'count',
      series: ['queueService', 'concertService'].flatMap((breaker) =>
        ['open', 'half_open'].map((state) =>
          gauge(samples, 'concert_breaker_state', `${breaker} ${state}`, { breaker, state }),
        ),
      ),
    },
    {
      title: 'Breaker calls',
      unit: '/s',
      series: ['success', 'failure', 'timeout', 'refused', 'ignored'].map((outcome) =>
        rate(samples, 'concert_breaker_calls_total', outcome, { outcome }),
      ),
    },
    { title: 'Turned away', unit: '/s', series: [rate(samples, 'http_requests_shed_total', 'shed')] },
    {
      title: 'Event-loop delay',
      unit: 'ms',
      series: [
        toMs(gauge(samples, 'nodejs_eventloop_lag_p99_seconds', 'p99')),
        toMs(gauge(samples, 'nodejs_eventloop_lag_max_seconds', 'max')),
      ],
    },
    {
      title: 'Processor',
      unit: 'share',
      series: [
        rate(samples, 'process_cpu_seconds_total', 'cores used'),
        gauge(samples, 'nodejs_eventloop_utilization', 'event-loop utilization'),
      ],
    },
    {
      title: 'Database connections',
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
