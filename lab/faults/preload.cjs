// Loaded into each product process of a fault run (node --require). On SIGUSR2 it reads FAULTS_CONTROL, a JSON file:
// `clockMs` is how far the host's wall clock is off from then on, `stallMs` how long the event loop stands still; and
// it writes what the process holds (memory, handles) to FAULTS_CONTROL.held. Monotonic clocks are left alone, as a
// step of a host's clock does.
const fs = require('node:fs');
const { performance } = require('node:perf_hooks');

const control = process.env.FAULTS_CONTROL;
const RealDate = Date;
let clockMs = 0;

class SteppedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + clockMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + clockMs;
  }
}
globalThis.Date = SteppedDate;

function stall(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

function resources() {
  const counts = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

process.on('SIGUSR2', () => {
  const wanted = JSON.parse(fs.readFileSync(control, 'utf8'));
  clockMs = wanted.clockMs ?? clockMs;
  if (wanted.stallMs > 0) stall(wanted.stallMs);
  if (wanted.collect && globalThis.gc) globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  const held = JSON.stringify({ id: wanted.id, rss, heapUsed, external, resources: resources() });
  fs.writeFileSync(`${control}.held.new`, held);
  fs.renameSync(`${control}.held.new`, `${control}.held`);
});
