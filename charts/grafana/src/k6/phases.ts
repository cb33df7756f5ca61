import type { Row } from '../lib/dashboard.ts';
import { over, REQUESTS, total } from '../lib/influx.ts';
import { density, graph, number } from '../lib/panels.ts';
import { percentile } from './select.ts';

const STATISTICS: [name: string, select: string][] = [
  ['mean', 'mean("value")'],
  ['max', 'max("value")'],
  ['med', 'median("value")'],
  ['min', 'min("value")'],
  ['p90', percentile(90)],
  ['p95', percentile(95)],
  ['p99', percentile(99)],
];

const PHASES: [phase: string, what: string][] = [
  ['duration', 'Sending, waiting and receiving together: the time of the service.'],
  ['blocked', 'Waiting for a free connection.'],
  ['connecting', 'Opening the TCP connection; 0 on an open one.'],
  ['tls_handshaking', 'TLS handshake; 0 without TLS or on an open connection.'],
  ['sending', 'Sending the request.'],
  ['waiting', 'Waiting for the first byte of the answer.'],
  ['receiving', 'Receiving the answer.'],
];

function rowOf(name: string, what: string): Row {
  const metric = `http_req_${name}`;
  return {
    title: metric,
    panels: [
      number(
        { title: metric, description: `${what} Over the selected time range.`, unit: 'ms', width: 6, height: 8 },
        ...STATISTICS.map(([as, select]) => total(select, metric, REQUESTS, as)),
      ),
      graph(
        { title: `${metric} over time`, description: what, unit: 'ms', width: 9 },
        ...STATISTICS.map(([as, select]) => over(select, metric, REQUESTS, as)),
      ),
      density(
        {
          title: `${metric} heatmap`,
          description: `${what} Up to 50 randomly chosen requests of each interval, because a long run has too many points.`,
          unit: 'ms',
          width: 9,
          height: 8,
        },
        true,
        over('sample("value", 50)', metric, REQUESTS, metric),
      ),
    ],
  };
}

export const phases = PHASES.map(([name, what]) => rowOf(name, what));
