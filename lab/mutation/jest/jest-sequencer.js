// Jest runs the slowest file first; here the order counts in which areas.js names them.
const order = (process.env.MUTATION_TESTS ?? '').split(',');
const place = ({ path }) => order.findIndex((name) => path.endsWith(name));

module.exports = class {
  sort(tests) {
    return [...tests].sort((a, b) => place(a) - place(b));
  }
  allFailedTests(tests) {
    return tests;
  }
  shard(tests) {
    return tests;
  }
  cacheResults() {}
};
