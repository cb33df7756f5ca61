import type { Row } from '../lib/dashboard.ts';
import { graph } from '../lib/panels.ts';
import { HERE, prom, quantile, rate } from '../lib/prometheus.ts';

/** What waiting users load without a token, or to stay present. Processes of any role but the worker serve it. */
const PAGES = 'route=~"/|/assets/.*|/sw.js|/ticker.js|/v1/api/queues/:queueId/status|/v1/api/queue/presence"';
const HISTOGRAM = 'http_request_duration_seconds';
/** The pods that do nothing else (role web), if there are any. */
const WEB = `${HERE}, job="concert-web"`;

export const pages: Row = {
  title: 'Pages and status of queues',
  panels: [
    graph(
      {
        title: 'Requests of pages',
        description:
          'Answers per second by route. The status and the pages may be cached: behind a cache each is asked for once a second.',
        unit: 'reqps',
      },
      prom(`sum by (route) (${rate(`${HISTOGRAM}_count`, PAGES)})`, '{{route}}'),
    ),
    graph(
      {
        title: 'p99 of pages',
        description: 'They come from memory. More than some milliseconds means that the CPU is used up.',
        unit: 's',
        bad: 0.2,
      },
      prom(quantile(0.99, HISTOGRAM, 'route', PAGES), '{{route}}'),
    ),
    graph(
      {
        title: 'Pods of role web',
        description: 'Pods that serve nothing but pages and status, and answer Prometheus.',
        unit: 'short',
        none: 'no pods of role web',
      },
      prom(`sum(up{${WEB}})`, 'ready'),
    ),
    graph(
      {
        title: 'CPU of role web against request',
        description: 'By pod. Their HPA follows the mean of it.',
        unit: 'percentunit',
        bad: 1,
        none: 'no pods of role web',
      },
      prom(
        `rate(process_cpu_seconds_total{${WEB}}[$__rate_interval]) / on (job, instance) concert_pod_cpu_request_cores{${WEB}}`,
        '{{instance}}',
      ),
    ),
  ],
};
