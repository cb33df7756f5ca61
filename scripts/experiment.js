// npm run experiment -- hpa|size|rollout|fat-thin: what Kubernetes does with the product under load; docs/experiments.
const { checkArguments, TYPESCRIPT } = require('./lib/arguments/arguments');
const { assembledCharts } = require('./lib/deploys/charts');
const { ensureDependencies } = require('./lib/dependencies');
const { runMain } = require('./lib/running/failure');
const { findHelm, findKubectl } = require('./lib/deploys/helm');
const { listen } = require('./lib/running/interruption');
const { nodeBinary } = require('./lib/running/node-binary');
const { inRoot } = require('./lib/paths');
const { exitCodeOf } = require('./lib/running/run');

/** After a signal the release is put back as it was. */
const PATIENCE_MS = 5 * 60_000;

runMain(async () => {
  listen();
  await checkArguments('lab/k8s/options.ts', process.argv.slice(2));
  await ensureDependencies();
  const env = { ...process.env, HELM: findHelm(), KUBECTL: findKubectl(), CHARTS: assembledCharts() };
  const args = [...TYPESCRIPT, inRoot('lab', 'k8s', 'main.ts'), ...process.argv.slice(2)];
  return exitCodeOf(nodeBinary(), args, { env, patienceMs: PATIENCE_MS });
});
