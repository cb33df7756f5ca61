// Jest's runner of a test file, but once a mutant has been noticed the file is not even loaded: for the tests of the
// whole service that takes longer than most tests. (Stryker knows the runner by the name.)
const { default: runFile } = require('jest-circus/runner');

const LEFT_OUT = {
  ancestorTitles: [],
  title: 'left out',
  fullName: 'left out',
  status: 'pending',
  failureMessages: [],
  failureDetails: [],
  numPassingAsserts: 0,
};

const leftOut = (testFilePath) => ({
  leaks: false,
  openHandles: [],
  testFilePath,
  skipped: true,
  testResults: [LEFT_OUT],
  numFailingTests: 0,
  numPassingTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  perfStats: { start: 0, end: 0, runtime: 0, slow: false },
  snapshot: {
    added: 0,
    matched: 0,
    unmatched: 0,
    updated: 0,
    unchecked: 0,
    fileDeleted: false,
    uncheckedKeys: [],
  },
});

module.exports = async (globalConfig, config, environment, runtime, testPath, ...rest) =>
  environment.hasNoticed
    ? leftOut(testPath)
    : runFile(globalConfig, config, environment, runtime, testPath, ...rest);
