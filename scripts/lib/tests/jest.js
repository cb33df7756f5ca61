const fs = require('node:fs');
const path = require('node:path');
const { Failure } = require('../running/failure');
const { nodeBinary } = require('../running/node-binary');
const { inRoot, inServices } = require('../paths');
const { note, step } = require('../running/progress');
const { run } = require('../running/run');

const JEST = inRoot('node_modules', 'jest', 'bin', 'jest.js');

/** More files than these fail because of a fault. */
const MOST_JUDGED_ALONE = 3;

const relativePath = (file) => path.relative(inRoot(), file);
const hasFailed = ({ status }) => status === 'failed';

/** "12 passed, 0 failed" or "12 passed, 0 failed, 3 skipped"; a file that could not even run counts as one failure. */
function countsOf(reports) {
  const files = reports.flatMap(({ testResults }) => testResults);
  const tests = files.flatMap(({ assertionResults }) => assertionResults);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  const notRun = files.filter((file) => hasFailed(file) && !file.assertionResults.some(hasFailed)).length;
  const failed = tests.filter(hasFailed).length + notRun;
  const skipped = tests.length - passed - tests.filter(hasFailed).length;
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function readReport(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return null; // options like --listTests write none
  }
}

/** @returns {Promise<{code: number, report: object|null}>} */
async function runJest(args, env) {
  const reportFile = inServices(`jest-${process.pid}.json`);
  const jest = [JEST, '--json', `--outputFile=${reportFile}`];
  let code = 0;
  try {
    await step('jest', () => run(nodeBinary(), [...jest, ...args], { env, inherit: true }), {
      inherits: true,
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    code = error.code;
  }
  const report = readReport(reportFile);
  fs.rmSync(reportFile, { force: true });
  return { code, report };
}

/**
 * What a test says must not depend on how busy the machine is, and a whole run keeps it as busy as can be: a few files
 * that failed beside all others are run once more, alone. Those that pass then are named, because they are to be mended.
 * @param {object[]} reports of the whole run @returns {Promise<{code: number, reports: object[]}>}
 */
async function judgeAlone(reports, env) {
  const failed = reports.flatMap(({ testResults }) => testResults.filter(hasFailed)).map(({ name }) => name);
  if (failed.length === 0 || failed.length > MOST_JUDGED_ALONE) return { code: 1, reports };
  note(`failed beside all others, and run once more alone: ${failed.map(relativePath).join(', ')}`);
  const { code, report } = await runJest(['--runInBand', '--runTestsByPath', ...failed], env);
  if (!report) return { code: 1, reports };
  if (code === 0)
    note('passed alone: what it says depends on how busy the machine is, which is to be mended');
  const others = reports.map(({ testResults }) => ({
    testResults: testResults.filter((file) => !hasFailed(file)),
  }));
  return { code, reports: [...others, report] };
}

module.exports = { JEST, runJest, judgeAlone, countsOf };
