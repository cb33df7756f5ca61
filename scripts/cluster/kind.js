// npm run cluster -- up | down
const { readArguments } = require('../lib/arguments/arguments');
const { ensureDependencies } = require('../lib/dependencies');
const { listen } = require('../lib/running/interruption');
const { inRoot } = require('../lib/paths');
const { step } = require('../lib/running/progress');
const { run } = require('../lib/running/run');
const { CLUSTER, currentContext, demand, helm, KIND_CONTEXT, kubectl, NAMESPACE } = require('./context');

async function up() {
  await demand('kind', 'install it (https://kind.sigs.k8s.io), and start Docker');
  const clusters = (await run('kind', ['get', 'clusters'])).split('\n');
  if (!clusters.includes(CLUSTER))
    await step('kind cluster', () =>
      run('kind', ['create', 'cluster', '--config', inRoot('kind-config.yaml'), '--wait', '180s']),
    );
  await kubectl(['config', 'use-context', KIND_CONTEXT]);
  await step('metrics-server', () => kubectl(['apply', '-k', inRoot('k8s', 'metrics-server')]));
}

/** @param {{'keep-cluster': boolean}} options */
async function takeDown({ 'keep-cluster': keepsCluster }) {
  const context = await currentContext();
  if (context === KIND_CONTEXT && !keepsCluster) {
    await step('delete the kind cluster', () => run('kind', ['delete', 'cluster', '--name', CLUSTER]));
    return;
  }
  for (const release of ['load', 'concert'])
    await step(`uninstall ${release}`, () => helm(['uninstall', release, '--ignore-not-found', '--wait']));
  // Helm leaves the runs of a load test to end by themselves.
  await kubectl([
    'delete',
    'jobs',
    '--namespace',
    NAMESPACE,
    '--selector',
    'app.kubernetes.io/instance=load',
  ]);
}

const UP_USAGE = 'npm run cluster -- up   makes a kind cluster (kind-config.yaml) with metrics-server';
const DOWN_USAGE = `npm run cluster -- down   deletes the kind cluster; elsewhere uninstalls what deploy and load have installed, and keeps the claims of the stores
  --keep-cluster   uninstalls also on the kind cluster`;

const command = (usage, options, work) => ({
  about: usage.split('\n')[0].replace(/^npm run cluster -- \w+ +/, ''),
  usage,
  async run(args) {
    const { values } = readArguments({ args, usage, options });
    listen();
    await ensureDependencies();
    return work(values);
  },
});

module.exports = {
  up: command(UP_USAGE, {}, up),
  down: command(DOWN_USAGE, { 'keep-cluster': { type: 'boolean', default: false } }, takeDown),
  takeDown,
};
