import type { Row } from '../lib/dashboard.ts';
import { density, graph, rows } from '../lib/panels.ts';
import { of, prom, promBuckets, promNow, quantile, rate } from '../lib/prometheus.ts';

/** The API's own routes: the SLO does not count probes and scrapes. */
export const API = 'route=~"/v1/.*"';

const HISTOGRAM = 'http_request_duration_seconds';
const count = (more = ''): string => rate(`${HISTOGRAM}_count`, more === '' ? API : `${API}, ${more}`);
/** Adds a zero, because a route that has never failed has no series of failures. */
const failed = (by: string): string =>
  `(sum by (${by}) (${count('status=~"5.."')}) or sum by (${by}) (${count()}) * 0)`;

export const routes: Row = {
  title: 'Requests by route: rate, errors, duration',
  panels: [
    graph(
      {
        title: 'Requests by route',
        description: 'Answers per second by method and route template.',
        unit: 'reqps',
      },
      prom(`sum by (method, route) (${count()})`, '{{method}} {{route}}'),
    ),
    graph(
      {
        title: 'Failing share by route',
        description:
          'Share of 5xx. 503 with Retry-After (shed, breaker open) counts as a failure: the user got no answer.',
        unit: 'percentunit',
        bad: 0.001,
      },
      prom(`${failed('route')} / sum by (route) (${count()})`, '{{route}}'),
    ),
    graph(
      {
        title: 'Answers by status',
        description:
          '4xx are correct answers: 409 means that the seat is gone, 403 that the token still waits.',
        unit: 'reqps',
        stacked: true,
      },
      prom(`sum by (status) (${count()})`, '{{status}}'),
    ),
    graph(
      {
        title: 'Duration',
        description: 'Over all routes. The objective: p99 below 200 ms.',
        unit: 's',
        bad: 0.2,
      },
      ...[0.5, 0.95, 0.99].map((q) => prom(quantile(q, HISTOGRAM, '', API), `p${q * 100}`)),
    ),
    graph(
      {
        title: 'p99 by route',
        description: 'Shows which route is slow. Lists are served from a cache, sales from MariaDB.',
        unit: 's',
        bad: 0.2,
      },
      prom(quantile(0.99, HISTOGRAM, 'route', API), '{{route}}'),
    ),
    graph(
      {
        title: 'In flight and requests shed',
        description:
          'Requests in progress, and requests that were answered 503 at once because they could not be served within LOAD_SHEDDING_MAX_DELAY_MS.',
        unit: 'short',
      },
      prom(`sum(${of('http_requests_in_flight')})`, 'in flight'),
      prom(`sum(${rate('http_requests_shed_total')})`, 'shed per second'),
    ),
    density(
      {
        title: 'Duration, all answers',
        description: 'Distribution of durations. A second band means a second kind of work.',
        unit: 's',
      },
      false,
      promBuckets(`sum by (le) (increase(${of(`${HISTOGRAM}_bucket`, API)}[$__rate_interval]))`),
    ),
    rows(
      { title: 'Routes', description: 'At the end of the selected time range.', unit: 'short', width: 12 },
      'route',
      [
        { from: 'route' },
        { from: 'Value #A', title: 'requests', unit: 'reqps' },
        { from: 'Value #B', title: 'failing', unit: 'percentunit' },
        { from: 'Value #C', title: 'p50', unit: 's' },
        { from: 'Value #D', title: 'p95', unit: 's' },
        { from: 'Value #E', title: 'p99', unit: 's' },
      ],
      promNow(`sum by (route) (${count()})`),
      promNow(`${failed('route')} / sum by (route) (${count()})`),
      ...[0.5, 0.95, 0.99].map((q) => promNow(quantile(q, HISTOGRAM, 'route', API))),
    ),
  ],
};
