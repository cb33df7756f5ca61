// npm run cluster -- dashboards: makes charts/grafana/dashboards from their sources in charts/grafana/src.
const { readArguments, TYPESCRIPT } = require('../lib/arguments/arguments');
const { ensureDependencies } = require('../lib/dependencies');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { exitCodeOf } = require('../lib/running/run');

const USAGE = `npm run cluster -- dashboards [--check]   writes the Grafana dashboards; --check: only names those that are not current`;

async function run(args) {
  readArguments({ args, usage: USAGE, options: { check: { type: 'boolean', default: false } } });
  await ensureDependencies();
  const main = inRoot('charts', 'grafana', 'src', 'main.ts');
  return exitCodeOf(nodeBinary(), [...TYPESCRIPT, main, ...args]);
}

module.exports = { about: 'writes the Grafana dashboards', usage: USAGE, run };
