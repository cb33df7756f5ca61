// npm test [-- jest arguments]: checks and tests against real MariaDB, Redis and Kafka.
// With arguments (npm test -- test/queue) only jest runs. The load tests need programs of their own (lib/tools.js).
const { build } = require('./build');
const { VARIABLES } = require('./lib/commands');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, Interrupted, runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { runJest } = require('./lib/jest');
const { withLock } = require('./lib/lock');
const { note, step, summary } = require('./lib/progress');
const { exitCodeOf } = require('./lib/run');
const { ensureServices, release } = require('./lib/services');
const { emptyDatabase, testEnvironment } = require('./lib/test-environment');
const { findTool } = require('./lib/tools');

const LOAD_TESTS = 'test/load';
const CHART_TESTS = 'test/charts';
const MADE_MEANWHILE = 'k6'; // building it takes minutes

/** Where a program cannot be had, its tests are skipped, unless they were asked for by name. */
async function toolVariable(name, isAsked, signal) {
  try {
    return { [VARIABLES[name]]: await findTool(name, { signal }) };
  } catch (error) {
    if (!(error instanceof Failure) || isAsked || process.env[VARIABLES[name]]) throw error;
    if (!signal.aborted) note(`tests that need ${name} are skipped: ${error.message}`);
    return {};
  }
}

async function prepare(getTool) {
  await ensureDependencies();
  const urls = await ensureServices(['mariadb', 'redis', 'kafka'], { what: 'npm test', forTests: true });
  const tools = {};
  for (const name of Object.keys(VARIABLES))
    if (name !== MADE_MEANWHILE) Object.assign(tools, await getTool(name));
  await build();
  const env = testEnvironment({ ...urls, ...tools });
  await step('a fresh test database', () => emptyDatabase(env));
  return env;
}

/** A failing check does not keep the tests from running: one run tells everything. @returns its exit code */
const check = () => step('check', () => exitCodeOf('npm', ['run', '--silent', 'check']), { inherits: true });

runMain(async () => {
  listen();
  const jestArguments = process.argv.slice(2);
  const areAsked = (tests) => jestArguments.some((argument) => argument.includes(tests));
  const ending = new AbortController();
  const getTool = async (name) => {
    const isForCharts = name === 'kubeconform'; // without it most of the charts' tests can still be run
    if (jestArguments.length > 0 && !areAsked(isForCharts ? CHART_TESTS : LOAD_TESTS)) return {};
    return toolVariable(name, !isForCharts && areAsked(LOAD_TESTS), ending.signal);
  };
  const meanwhile = getTool(MADE_MEANWHILE);
  meanwhile.catch(() => {}); // told where it is awaited
  let result = null;
  try {
    const env = await withLock(() => prepare(getTool));
    const checkCode = jestArguments.length > 0 ? 0 : await check();
    result = await runJest(jestArguments, { ...env, ...(await meanwhile) });
    return checkCode || result.code;
  } catch (error) {
    if (error instanceof Interrupted) process.stdout.write('interrupted\n');
    throw error;
  } finally {
    ending.abort();
    await release();
    process.stdout.write(`\nSteps: ${summary()}\n`);
    if (result?.counts) process.stdout.write(`${result.counts}\n`);
  }
});
