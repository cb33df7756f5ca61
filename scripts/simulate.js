// npm run simulate [-- --check RUN --save]: what an opening of a size needs. Needs no service; see docs/scaling.md.
const { refusedBy, TYPESCRIPT } = require('./lib/arguments');
const { build } = require('./build');
const { ensureDependencies } = require('./lib/dependencies');
const { runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { exitCodeOf } = require('./lib/run');

runMain(async () => {
  listen();
  const args = process.argv.slice(2);
  const refused = await refusedBy('lab/capacity/options.ts', args);
  if (refused !== null) return refused;
  await ensureDependencies();
  await build(); // the model polls by the product's own rule
  return exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'capacity', 'main.ts'), ...args]);
});
