import type { Row } from '../lib/dashboard.ts';
import { over, REQUESTS, rowsBy } from '../lib/influx.ts';
import { graph, rows } from '../lib/panels.ts';
import { percentile, sum } from './select.ts';

export const endpoints: Row = {
  title: 'Endpoints',
  panels: [
    rows(
      { title: 'Endpoints', description: 'All requests of the selected time range, by the tag `endpoint`.', unit: 'ms' },
      'endpoint',
      [
        { from: 'endpoint' },
        { from: 'requests', unit: 'short' },
        { from: 'failed', unit: 'percentunit' },
        ...['mean', 'p50', 'p95', 'p99', 'max'].map((from) => ({ from })),
      ],
      rowsBy(
        `count("value") AS "requests", mean("value") AS "mean", median("value") AS "p50", ${percentile(95)} AS "p95", ${percentile(99)} AS "p99", max("value") AS "max"`,
        'http_req_duration',
        REQUESTS,
        'endpoint',
      ),
      rowsBy('mean("value") AS "failed"', 'http_req_failed', REQUESTS, 'endpoint'),
    ),
    graph(
      { title: 'Requests by endpoint', description: 'Requests finished per second.', unit: 'reqps' },
      over(sum, 'http_reqs', REQUESTS, '', 'endpoint'),
    ),
    graph(
      { title: 'p95 by endpoint', description: '95 % of the requests of each interval are faster.', unit: 'ms' },
      over(percentile(95), 'http_req_duration', REQUESTS, '', 'endpoint'),
    ),
    graph(
      {
        title: 'p99 by endpoint',
        description: '99 % of the requests of each interval are faster. The objective is 200 ms.',
        unit: 'ms',
        bad: 200,
      },
      over(percentile(99), 'http_req_duration', REQUESTS, '', 'endpoint'),
    ),
  ],
};
