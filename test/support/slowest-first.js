// Jest knows how long a file takes only from an earlier run, and a fresh clone has none. A long file that starts last keeps
// one processor busy while the others wait, so these start first, and then the largest.
const fs = require('node:fs');

const SLOWEST = [
  'test/lab/faults/faults.test.ts',
  'test/cli/verify.test.ts',
  'test/load/k6-scripts.test.ts',
  'test/api/queue-events.test.ts',
  'test/cli/commands.test.ts',
  'test/outbox/kafka.test.ts',
  'test/queue/redis-loss.test.ts',
  'test/invariants/monitor.test.ts',
  'test/charts/api.test.ts',
  'test/load/alerts.test.ts',
  'test/load/dashboards-data.test.ts',
  'test/queue/snapshot-refresh.test.ts',
  'test/orders/races.test.ts',
  'test/load/report.test.ts',
  'test/cli/clone.test.ts',
  'test/cli/seed.test.ts',
  'test/charts/kubeconform.test.ts',
  'test/queue/admission.property.test.ts',
  'test/database/migrate.test.ts',
  'test/orders/crash.test.ts',
  'test/platform/observability/store-metrics.test.ts',
  'test/lab/k8s/options.test.ts',
  'test/api/workers.test.ts',
];

const place = ({ path }) => {
  const found = SLOWEST.findIndex((name) => path.endsWith(name));
  return found < 0 ? SLOWEST.length : found;
};
const size = ({ path }) => fs.statSync(path).size;

module.exports = class {
  sort(tests) {
    return [...tests].sort((a, b) => place(a) - place(b) || size(b) - size(a));
  }
  allFailedTests(tests) {
    return tests;
  }
  shard(tests) {
    return tests;
  }
  cacheResults() {}
};
