// npm run cluster -- test: tests the product on kubectl's current context, from the installation to its end. It installs
// into the namespace concert, which must have no concert yet.
const { misuse } = require('../lib/arguments/arguments');
const { assembledCharts } = require('../lib/deploys/charts');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { findHelm, findKubectl } = require('../lib/deploys/helm');
const { listen } = require('../lib/running/interruption');
const { countsOf, runJest } = require('../lib/tests/jest');
const { run: runProgram } = require('../lib/running/run');
const { ensureServicesDir } = require('../lib/state');
const { currentContext } = require('./context');
const { wantedBy } = require('./deploy');

/**
 * The load tests' users need sessions beside those that the other tests admit; a backup is made and restored; the pages
 * have a separate pod.
 */
const NEEDED = [
  '--set',
  'concert-api.config.QUEUE_MAX_ACTIVE=1000',
  '--set',
  'concert-api.backup.enabled=true',
  '--set',
  'concert-api.web.enabled=true',
  '--set',
  'concert-api.web.minReplicas=1',
  '--set',
  'concert-api.web.maxReplicas=1',
];

const USAGE = `npm run cluster -- test [options]   tests the product on kubectl's current context, from the installation to its end
The options are those of npm run cluster -- deploy.`;

async function run(args) {
  if (args[0] !== undefined && !args[0].startsWith('-')) throw misuse(`There is no "${args[0]}".`, USAGE);
  listen();
  await ensureDependencies();
  await wantedBy(args);
  ensureServicesDir();
  await currentContext();
  const installed = await runProgram(findHelm(), ['list', '--namespace', 'concert', '--short']);
  if (installed.trim() !== '')
    throw new Failure('The concert is already installed here.', { todo: 'npm run cluster -- down' });
  const env = {
    ...process.env,
    HELM: findHelm(),
    KUBECTL: findKubectl(),
    CHARTS: assembledCharts(),
    CLUSTER_OPTIONS: JSON.stringify([...NEEDED, ...args]),
  };
  const only = ['--testPathIgnorePatterns', '/node_modules/', '--runInBand', '--verbose', 'test/cluster'];
  const { code, report } = await runJest(only, env);
  process.stdout.write(`${report ? countsOf([report]) : 'no test ran'}\n`);
  return code;
}

module.exports = { about: 'tests the product on the current cluster', usage: USAGE, run };
