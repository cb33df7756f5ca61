import { endpoints } from './k6/endpoints.ts';
import { overview } from './k6/overview.ts';
import { phases } from './k6/phases.ts';
import { iterations, users } from './k6/users.ts';
import { dashboard } from './lib/dashboard.ts';
import { variables } from './lib/influx.ts';

export const k6 = dashboard({
  uid: 'k6',
  title: 'k6',
  description: 'Results of a load test, measured by its virtual users. From InfluxDB 1.x (k6 run --out influxdb=…/k6).',
  source: 'influxdb',
  variables: variables(),
  rows: [overview, endpoints, users, ...phases, iterations],
});
