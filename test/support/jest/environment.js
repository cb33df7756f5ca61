// Node's environment for tests. What watches the process is ended with the file that began it: an observer of garbage
// collections, which prom-client never ends, leads to every module of its file. Without this a worker that has run thirty
// files holds 800 MB, which each collection looks through, and counts each collection thirty times.
const { TestEnvironment } = require('jest-environment-node');
const hooks = require('node:perf_hooks');

/** Of the file that this worker runs. */
const watches = new Set();

const { observe } = hooks.PerformanceObserver.prototype;
hooks.PerformanceObserver.prototype.observe = function (options) {
  watches.add(() => this.disconnect());
  return observe.call(this, options);
};

const { monitorEventLoopDelay } = hooks;
hooks.monitorEventLoopDelay = (options) => {
  const histogram = monitorEventLoopDelay(options);
  watches.add(() => histogram.disable());
  return histogram;
};

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    this.global.requireOutside = (file) => require(file); // outside.js
  }

  async teardown() {
    for (const end of watches) end();
    watches.clear();
    await super.teardown();
  }
};
