// Tries the mutants of TypeScript: Stryker makes them all at once, switches them on one by one, and runs for each the
// tests that reach it. The stores are shared, so its tests are those that look at their own rows only.
const fs = require('node:fs');
const path = require('node:path');
const { Failure } = require('../../scripts/lib/running/failure');
const { nodeBinary } = require('../../scripts/lib/running/node-binary');
const { inRoot, inServices, root } = require('../../scripts/lib/paths');
const { note } = require('../../scripts/lib/running/progress');
const { run } = require('../../scripts/lib/running/run');
const { jestConfig, orderOf } = require('./jest');
const { isSame } = require('./report');

/** Others (a module that cannot even be loaded) are no mutants worth a test. */
const STATUS = { Killed: 'killed', Timeout: 'timeout', Survived: 'survived', NoCoverage: 'survived' };
const LIMIT_MS = 60 * 60_000;
const PATIENCE_MS = 10_000;

/** @returns {string} what is replaced; lines and columns count from 1 */
function originalOf(file, { start, end }) {
  const lines = fs
    .readFileSync(inRoot(file), 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line);
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return lines.join('\n');
}

function readMutant(line) {
  const { fileName, location, mutatorName, replacement, status, killedBy } = JSON.parse(line);
  const file = path.relative(root, path.resolve(root, fileName));
  const { start, end } = location;
  return {
    file,
    line: start.line,
    range: `${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`,
    kind: mutatorName,
    from: originalOf(file, location),
    to: replacement,
    status: STATUS[status],
    by: killedBy?.[0],
  };
}

const optionsOf = ({ name, tests, services }, mutate) => ({
  mutate,
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner', inRoot('lab', 'mutation', 'stryker-reporter.js')],
  reporters: ['progress-append-only', 'lines'],
  jest: { enableFindRelatedTests: false, config: jestConfig(tests) },
  coverageAnalysis: 'perTest',
  concurrency: 1, // real stores, and tests that look at the time
  timeoutMS: services ? 40_000 : 15_000,
  dryRunTimeoutMinutes: 3,
  checkers: [],
  tempDirName: `.services/stryker-${name}`,
  cleanTempDir: 'always',
  ignorePatterns: ['/*', '!/src', '!/test', '!/*.json', '!/jest.config.js'],
});

/**
 * @param {object} area @param {Record<string, string>} env
 * @param {{survivors?: object[]}} options survivors: only these, of a run before
 */
async function tryCodeMutants(area, env, { survivors }) {
  if (survivors?.length === 0) return [];
  const file = inServices(`stryker-${area.name}.ndjson`);
  fs.writeFileSync(file, '');
  const mutate = survivors ? [...new Set(survivors.map((it) => `${it.file}:${it.range}`))] : area.code;
  try {
    await run(nodeBinary(), [path.join(__dirname, 'stryker.js'), JSON.stringify(optionsOf(area, mutate))], {
      env: { ...env, ...orderOf(area.tests), MUTANTS_FILE: file },
      inherit: true,
      timeoutMs: LIMIT_MS,
      patienceMs: PATIENCE_MS,
      what: 'Stryker',
    });
  } catch (error) {
    if (!(error instanceof Failure) || fs.statSync(file).size === 0) throw error;
    note(`not all mutants were tried: ${error.message}`);
  }
  const lines = fs.readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const tried = lines.map(readMutant).filter(({ status }) => status !== undefined);
  return survivors ? tried.filter((it) => survivors.some((one) => isSame(it, one))) : tried;
}

module.exports = { tryCodeMutants };
