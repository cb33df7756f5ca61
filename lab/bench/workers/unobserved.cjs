// Loaded into a process of the product before it starts: it then counts nothing and logs nothing.
const { join } = require('node:path');

require('reflect-metadata');
const dist = (path) => require(join(process.cwd(), 'dist', path));
const nothing = () => undefined;

const { Exchange } = dist('http/exchange.js');
Exchange.prototype.onAnswered = nothing; // a poll has no other work to follow it
const { LatencySeries } = dist('platform/observability/latency-histogram.js');
LatencySeries.prototype.observe = nothing;
const { Counter, Gauge, Histogram } = require('prom-client');
for (const [kind, ...methods] of [
  [Counter, 'inc'],
  [Gauge, 'inc', 'dec', 'set'],
  [Histogram, 'observe'],
])
  for (const method of methods) kind.prototype[method] = nothing;
