// What the commands on a cluster share: helm, kubectl, and the current context.
const { Failure } = require('../lib/running/failure');
const { findHelm, findKubectl } = require('../lib/deploys/helm');
const { run, succeeds } = require('../lib/running/run');

const CLUSTER = 'concert';
const KIND_CONTEXT = `kind-${CLUSTER}`;
const NAMESPACE = 'concert';

const helm = (args, options) => run(findHelm(), ['--namespace', NAMESPACE, ...args], options);
const kubectl = (args, options) => run(findKubectl(), args, options);

async function demand(command, why) {
  if (!(await succeeds(command, ['version'], 20_000)))
    throw new Failure(`${command} is not here, or does not work.`, { todo: `${why}.` });
}

async function currentContext() {
  try {
    return (await kubectl(['config', 'current-context'])).trim();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('kubectl has no current context.', {
      todo: 'npm run cluster -- up, or set KUBECONFIG.',
    });
  }
}

module.exports = { CLUSTER, KIND_CONTEXT, NAMESPACE, currentContext, demand, helm, kubectl };
