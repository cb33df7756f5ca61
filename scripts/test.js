// npm test [-- jest arguments]: checks and tests against real MariaDB, Redis and Kafka.
// With arguments (npm test -- test/waiting-room) only jest runs. The load tests need further programs (lib/tools).
const fs = require('node:fs');
const { asksForHelp, misuse } = require('./lib/arguments/arguments');
const { build } = require('./build');
const { findCommand, VARIABLES } = require('./lib/tools/commands');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, Help, Interrupted, runMain } = require('./lib/running/failure');
const { listen } = require('./lib/running/interruption');
const { countsOf, JEST, judgeAlone, runJest } = require('./lib/tests/jest');
const { needsKafka } = require('./lib/tests/needs');
const { nodeBinary } = require('./lib/running/node-binary');
const { inRoot } = require('./lib/paths');
const { withLock } = require('./lib/running/lock');
const { note, step, summary } = require('./lib/running/progress');
const { run } = require('./lib/running/run');
const { ensureServices, release } = require('./lib/services');
const { createDatabase, dropDatabase, testEnvironment } = require('./lib/tests/test-environment');
const { findTool } = require('./lib/tools/tools');

const { testPathIgnorePatterns } = require('../jest.config');

const LOAD_TESTS = 'test/load';
/** What needs a program beside the load tests; without it the others of the folder can still be run. */
const TESTS_OF = {
  kubeconform: 'test/charts',
  chromium: 'test/browser',
  nginx: 'test/web',
  varnishd: 'test/web',
  curl: 'test/organizer',
  jq: 'test/organizer',
};
const MADE_MEANWHILE = 'k6'; // building it takes minutes

/** Where a program cannot be got, its tests are skipped, unless the arguments name them. */
async function toolVariable(name, isAsked, signal) {
  try {
    return { [VARIABLES[name]]: await findTool(name, { signal }) };
  } catch (error) {
    if (!(error instanceof Failure) || isAsked || process.env[VARIABLES[name]]) throw error;
    if (!signal.aborted) note(`tests that need ${name} are skipped: ${error.message}`);
    return {};
  }
}

/** Without arguments npm run check reports wrong types, so the build does not look for them. */
async function prepare(getTool, jestArguments) {
  await ensureDependencies();
  const services = ['mariadb', 'redis', ...(needsKafka(jestArguments) ? ['kafka'] : [])];
  const urls = await ensureServices(services, { what: 'npm test', forTests: true });
  const tools = {};
  for (const name of Object.keys(VARIABLES))
    if (name !== MADE_MEANWHILE) Object.assign(tools, await getTool(name));
  await build({ isChecked: jestArguments.length > 0 });
  return testEnvironment({ ...urls, ...tools });
}

/**
 * Beside the tests, which leave the processors idle now and then. A failing check does not keep them from running: one
 * run tells everything. @returns its exit code
 */
async function check() {
  try {
    await step(
      'check',
      () =>
        run(nodeBinary(), [inRoot('scripts', 'check.js')], {
          what: 'npm run check',
          withStderr: true,
          wholeOutput: true,
        }),
      { inherits: true },
    );
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    note(`${error.message}\n${error.details}`);
    return error.code;
  }
}

/** Tests that need no k6 are run while it is being built. @returns {string[][]} arguments of jest, run by run */
function passesOf(jestArguments) {
  if (jestArguments.length > 0 || findCommand(MADE_MEANWHILE)) return [jestArguments];
  const others = [...testPathIgnorePatterns, `/${LOAD_TESTS}/`].flatMap((path) => [
    '--testPathIgnorePatterns',
    path,
  ]);
  return [others, [LOAD_TESTS]];
}

const USAGE = `npm test [-- path … or options of jest]   checks and all tests; with arguments jest alone, with these
(npm test -- test/waiting-room, npm test -- --testNamePattern=hold; all of jest's: npx jest --help)`;

/** Jest says what it does not know, and that no test is of a path, only after everything has been started: so it is first asked. */
async function checkArguments(args) {
  if (!fs.existsSync(JEST)) await ensureDependencies();
  const how = { what: 'jest', withStderr: true, wholeOutput: true };
  const listed = await run(nodeBinary(), [JEST, '--listTests', ...args], how).catch((error) => {
    if (!(error instanceof Failure)) throw error;
    const lines = error.details.trim().split('\n');
    const why = lines.find((line) => /Unrecognized option/.test(line)) ?? lines.at(-1);
    throw misuse(why.trim(), USAGE);
  });
  const arePaths = args.every((argument) => !argument.startsWith('-'));
  if (listed.trim() === '' && arePaths) throw misuse(`There is no test of ${args.join(' ')}.`, USAGE);
}

runMain(async () => {
  const jestArguments = process.argv.slice(2);
  if (asksForHelp(jestArguments)) throw new Help(USAGE);
  listen();
  const isWatching = jestArguments.some((argument) => argument.startsWith('--watch')); // then a list does not end either
  if (jestArguments.length > 0 && !isWatching) await checkArguments(jestArguments);
  const areAsked = (tests) => jestArguments.some((argument) => argument.includes(tests));
  const ending = new AbortController();
  const getTool = async (name) => {
    const tests = TESTS_OF[name] ?? LOAD_TESTS;
    if (jestArguments.length > 0 && !areAsked(tests)) return {};
    return toolVariable(name, tests === LOAD_TESTS && areAsked(tests), ending.signal);
  };
  const meanwhile = getTool(MADE_MEANWHILE);
  meanwhile.catch(() => {}); // reported where it is awaited
  let reports = [];
  let env = null;
  try {
    const services = await withLock(() => prepare(getTool, jestArguments));
    env = await step('a test database', () => createDatabase(services));
    const checked = jestArguments.length > 0 ? Promise.resolve(0) : check();
    checked.catch(() => {}); // reported where it is awaited
    const passes = passesOf(jestArguments);
    const codes = [];
    for (const pass of passes) {
      const tools = pass === passes.at(-1) ? await meanwhile : {};
      const { code, report } = await runJest(pass, { ...env, ...tools });
      codes.push(code);
      if (report) reports.push(report);
    }
    const checkCode = await checked;
    let code = codes.find((one) => one !== 0) ?? 0;
    if (code !== 0 && jestArguments.length === 0) {
      await dropDatabase(env); // a test that fails may leave rows behind
      env = await createDatabase(services);
      ({ code, reports } = await judgeAlone(reports, { ...env, ...(await meanwhile) }));
    }
    return checkCode || code;
  } catch (error) {
    if (error instanceof Interrupted) process.stdout.write('interrupted\n');
    throw error;
  } finally {
    ending.abort();
    if (env) await dropDatabase(env);
    await release();
    process.stdout.write(`\nSteps: ${summary()}\n`);
    if (reports.length > 0) process.stdout.write(`${countsOf(reports)}\n`);
  }
});
