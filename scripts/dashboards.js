// npm run dashboards [-- --check]: writes charts/grafana/dashboards from its sources, or tells which files are not current.
const { readArguments, TYPESCRIPT } = require('./lib/arguments');
const { ensureDependencies } = require('./lib/dependencies');
const { runMain } = require('./lib/failure');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { exitCodeOf } = require('./lib/run');

const USAGE = `npm run dashboards [-- --check]   writes the Grafana dashboards; --check: only tells which are not current`;

runMain(async () => {
  readArguments({ usage: USAGE, options: { check: { type: 'boolean', default: false } } });
  await ensureDependencies();
  const main = inRoot('charts', 'grafana', 'src', 'main.ts');
  return exitCodeOf(nodeBinary(), [...TYPESCRIPT, main, ...process.argv.slice(2)]);
});
