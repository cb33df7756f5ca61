// How Jest tries mutants: in the order named, up to the first failure.
const { inRoot } = require('../../scripts/lib/paths');

const own = (name) => inRoot('lab', 'mutation', name);

/** @param {string[]} tests */
function jestConfig(tests) {
  const usual = require(inRoot('jest.config.js'));
  return {
    ...usual,
    testMatch: tests.map((name) => `<rootDir>/${name}`),
    setupFiles: [...usual.setupFiles, own('jest/jest-setup.js')],
    testEnvironment: own('jest/jest-environment.js'),
    testRunner: own('jest/jest-circus-until-noticed.js'),
    testSequencer: own('jest/jest-sequencer.js'),
  };
}

const orderOf = (tests) => ({ MUTATION_TESTS: tests.join(',') });

module.exports = { jestConfig, orderOf };
