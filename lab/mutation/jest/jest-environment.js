// The environment of tests, which leaves out all the others once one has failed: one is enough to notice a mutant.
const TestEnvironment = require('../../../test/support/jest/environment');

/** Stryker tries many in one process. */
const mutant = () => process.env.__STRYKER_ACTIVE_MUTANT__ ?? 'the only one';
let noticed;

module.exports = class extends TestEnvironment {
  get hasNoticed() {
    return noticed === mutant();
  }

  handleTestEvent({ name, test }) {
    if (name === 'test_start' && this.hasNoticed) test.mode = 'skip';
    if (name === 'test_done' && test.errors.length > 0) noticed = mutant();
  }
};
