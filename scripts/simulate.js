// npm run simulate [-- --check RUN --save]: what an opening of a size needs. Needs no service; see docs/scaling.md.
const { build } = require('./build');
const { ensureDependencies } = require('./lib/dependencies');
const { runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { exitCodeOf } = require('./lib/run');

runMain(async () => {
  listen();
  await ensureDependencies();
  await build(); // the model polls by the product's own rule
  return exitCodeOf(nodeBinary(), [inRoot('k6', 'simulator', 'main.ts'), ...process.argv.slice(2)]);
});
