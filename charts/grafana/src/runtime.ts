import { dashboard } from './lib/dashboard.ts';
import { events, variables } from './lib/prometheus.ts';
import { processes } from './runtime/processes.ts';
import { database, kafka, redis } from './runtime/stores.ts';

export const runtime = dashboard({
  uid: 'concert-runtime',
  title: 'Concert: runtime',
  description: 'What the service runs on: event loop, memory, connection pools, MariaDB, Redis and Kafka.',
  source: 'prometheus',
  variables: variables(),
  annotations: events(),
  rows: [processes, database, redis, kafka],
});
