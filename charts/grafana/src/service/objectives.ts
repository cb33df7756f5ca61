import type { Row } from '../lib/dashboard.ts';
import { graph, number } from '../lib/panels.ts';
import { prom, rate, recorded } from '../lib/prometheus.ts';
import { API } from './routes.ts';

const WINDOWS = ['5m', '30m', '1h', '6h'];
const RULES = 'From the recording rules, so over all processes of the namespace, whichever are selected above.';

const burn = (slo: 'availability' | 'latency', budget: number) =>
  WINDOWS.map((window) => prom(`${recorded(`concert:${slo}_errors:ratio_rate${window}`)} / ${budget}`, window));

export const objectives: Row = {
  title: 'Objectives: 99.9 % answered without 5xx, 99 % within 200 ms',
  panels: [
    graph(
      {
        title: 'Availability: budget burn',
        description: `Burn rate of the error budget; 1 uses it up in 30 days. Above 14.4 over 1 h and 5 m an alert pages, above 6 over 6 h and 30 m it opens a ticket. ${RULES}`,
        unit: 'short',
        bad: 14.4,
      },
      ...burn('availability', 0.001),
    ),
    graph(
      {
        title: 'Latency: budget burn',
        description: `The same for answers that take longer than 200 ms. ${RULES}`,
        unit: 'short',
        bad: 14.4,
      },
      ...burn('latency', 0.01),
    ),
    graph(
      {
        title: 'Within 200 ms by route',
        description: 'Share of answers within 200 ms; the objective is 99 %.',
        unit: 'percentunit',
        max: 1,
      },
      prom(
        `sum by (route) (${rate('http_request_duration_seconds_bucket', `${API}, le="0.2"`)}) / sum by (route) (${rate('http_request_duration_seconds_count', API)})`,
        '{{route}}',
      ),
    ),
    number(
      {
        title: 'Answered, last hour',
        description: `Share of answers that were not 5xx. ${RULES}`,
        unit: 'percentunit',
        width: 12,
        max: 1,
      },
      prom(`1 - ${recorded('concert:availability_errors:ratio_rate1h')}`),
    ),
    number(
      {
        title: 'Within 200 ms, last hour',
        description: `Share of answers within 200 ms. ${RULES}`,
        unit: 'percentunit',
        width: 12,
        max: 1,
      },
      prom(`1 - ${recorded('concert:latency_errors:ratio_rate1h')}`),
    ),
  ],
};
