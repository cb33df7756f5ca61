const fs = require('node:fs');
const { Failure } = require('../running/failure');
const { nodeBinary } = require('../running/node-binary');
const { inRoot, inServices } = require('../paths');
const { step } = require('../running/progress');
const { run } = require('../running/run');

/** "12 passed, 0 failed" or "12 passed, 0 failed, 3 skipped"; a file that could not even run counts as one failure. */
function countsOf(reports) {
  const sum = (...fields) =>
    reports.flatMap((report) => fields.map((field) => report[field])).reduce((a, b) => a + b, 0);
  const failed = sum('numFailedTests', 'numRuntimeErrorTestSuites');
  const skipped = sum('numPendingTests', 'numTodoTests');
  return `${sum('numPassedTests')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
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
  const jest = [inRoot('node_modules', 'jest', 'bin', 'jest.js'), '--json', `--outputFile=${reportFile}`];
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

module.exports = { runJest, countsOf };
