// npm run simulate [-- --check RUN --save]: what an opening of a size needs. Needs no service; see docs/scaling.md.
const { build } = require('./build');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { run } = require('./lib/run');

runMain(async () => {
  listen();
  await ensureDependencies();
  await build(); // the model polls by the product's own rule
  const args = [inRoot('k6', 'simulator', 'main.ts'), ...process.argv.slice(2)];
  try {
    await run(nodeBinary(), args, { inherit: true, what: 'simulate' });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code; // it has said why
  }
});
