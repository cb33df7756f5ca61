import { endpoints } from './k6/endpoints.ts';
import { overview } from './k6/overview.ts';
import { phases } from './k6/phases.ts';
import { iterations, visitors } from './k6/visitors.ts';
import { dashboard } from './lib/dashboard.ts';
import { variables } from './lib/influx.ts';

export const k6 = dashboard({
  uid: 'k6',
  title: 'k6',
  description: 'A load test as its virtual users saw it. From InfluxDB 1.x (k6 run --out influxdb=…/k6).',
  source: 'influxdb',
  variables: variables(),
  rows: [overview, endpoints, visitors, ...phases, iterations],
});
