// npm run test:cluster [-- options of npm run cluster -- deploy]: the product on kubectl's current context, from the
// installation to its end. Installs into the namespace concert, which must have no concert yet.
const { assembledCharts } = require('./lib/charts');
const { asksForHelp, misuse } = require('./lib/arguments');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, Help, runMain } = require('./lib/failure');
const { findHelm, findKubectl } = require('./lib/helm');
const { listen } = require('./lib/interruption');
const { countsOf, runJest } = require('./lib/jest');
const { run } = require('./lib/run');
const { ensureServicesDir } = require('./lib/state');

/** Room for the load tests' visitors beside those that the other tests let in. */
const ROOM = ['--set', 'concert-api.config.QUEUE_MAX_ACTIVE=1000'];

const USAGE = `npm run test:cluster [-- options]   the product on kubectl's current context, from the installation to its end;
options are those of npm run cluster -- deploy`;

runMain(async () => {
  const args = process.argv.slice(2);
  if (asksForHelp(args)) throw new Help(USAGE);
  if (args[0] !== undefined && !args[0].startsWith('-')) throw misuse(`There is no "${args[0]}".`, USAGE);
  listen();
  await ensureDependencies();
  ensureServicesDir();
  const installed = await run(findHelm(), ['list', '--namespace', 'concert', '--short']);
  if (installed.trim() !== '')
    throw new Failure('The concert is installed here already.', { todo: 'npm run cluster -- down' });
  const env = {
    ...process.env,
    HELM: findHelm(),
    KUBECTL: findKubectl(),
    CHARTS: assembledCharts(),
    CLUSTER_OPTIONS: [...ROOM, ...args].join(' '),
  };
  const only = ['--testPathIgnorePatterns', '/node_modules/', '--runInBand', '--verbose', 'test/cluster'];
  const { code, report } = await runJest(only, env);
  process.stdout.write(`${report ? countsOf([report]) : 'no test ran'}\n`);
  return code;
});
