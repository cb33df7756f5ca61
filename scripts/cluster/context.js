// What the commands on a cluster share: helm, kubectl, and the current context.
const path = require('node:path');
const { misuse } = require('../lib/arguments/arguments');
const { assembledCharts } = require('../lib/deploys/charts');
const { Failure } = require('../lib/running/failure');
const { findHelm, findKubectl } = require('../lib/deploys/helm');
const { run, succeeds } = require('../lib/running/run');

const CLUSTER = 'concert';
const KIND_CONTEXT = `kind-${CLUSTER}`;
const NAMESPACE = 'concert';

const helm = (args, options) => run(findHelm(), ['--namespace', NAMESPACE, ...args], options);
const kubectl = (args, options) => run(findKubectl(), args, options);

/**
 * An image takes minutes to build: what Helm would refuse afterwards is refused before. A wrong option is found by its help,
 * wrong values and files by its rendering, which needs no cluster.
 * @throws Failure with code 2 for an option that `helm upgrade` does not know, else with what Helm says
 */
async function checkHelmOptions(options, usage) {
  const chart = path.join(assembledCharts(), 'concert');
  const said = (error) =>
    error.details
      .trim()
      .split('\n')
      .at(-1)
      .replace(/^Error: /, '');
  // The help comes first: behind an option that lacks its value it would be that value, and the upgrade would be real.
  await helm(['upgrade', '--help', 'concert', chart, ...options]).catch((error) => {
    throw error instanceof Failure ? misuse(`helm: ${said(error)}`, usage) : error;
  });
  await helm(['template', 'concert', chart, ...options]).catch((error) => {
    if (!(error instanceof Failure)) throw error;
    if (/^unknown .*flag/.test(said(error))) return; // it knows fewer options than an upgrade
    if (/unexpected arguments/.test(said(error))) throw misuse(`helm: ${said(error)}`, usage);
    throw new Failure('The chart cannot be installed so.', error);
  });
}

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

module.exports = {
  CLUSTER,
  KIND_CONTEXT,
  NAMESPACE,
  checkHelmOptions,
  currentContext,
  demand,
  helm,
  kubectl,
};
