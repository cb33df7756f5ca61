// npm run experiment -- hpa|size|rollout|fat-thin: what Kubernetes does with the product under load; docs/experiments.
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, runMain } = require('./lib/failure');
const { findHelm, findKubectl } = require('./lib/helm');
const { listen } = require('./lib/interruption');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { run } = require('./lib/run');

/** After a signal the release is put back as it was. */
const PATIENCE_MS = 5 * 60_000;

runMain(async () => {
  listen();
  await ensureDependencies();
  const env = { ...process.env, HELM: findHelm(), KUBECTL: findKubectl() };
  const args = [inRoot('k8s', 'runner', 'main.ts'), ...process.argv.slice(2)];
  try {
    await run(nodeBinary(), args, { env, inherit: true, patienceMs: PATIENCE_MS, what: 'experiment' });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code; // it has said why
  }
});
