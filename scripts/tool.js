// npm run migrate | seed | verify | queue | config [-- arguments]: a tool of dist/cli on the services that run here.
// Starts nothing: where URL variables are unset, what `npm start` or `npm run services -- up` has started is used.
const { spawnSync } = require('node:child_process');
const { asksForHelp } = require('./lib/arguments');
const { build } = require('./build');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { toStderr } = require('./lib/progress');
const { exitCodeOf } = require('./lib/run');
const { inspectServices } = require('./lib/services');

const NEEDED = {
  migrate: ['mariadb'],
  seed: ['mariadb'],
  verify: ['mariadb', 'redis'],
  queue: [],
  config: [],
};
/** Asked too, where they run. */
const WELCOME = { verify: ['kafka'] };

async function urlsOfRunning(names, welcome = []) {
  const urls = {};
  for (const { service, place } of await inspectServices()) {
    if (welcome.includes(service.name) && place && !place.reason) Object.assign(urls, place.urls);
    if (!names.includes(service.name)) continue;
    if (!place || place.reason)
      throw new Failure(`${service.title} is not running${place ? `: ${place.reason}` : ''}.`, {
        todo: `npm start, or npm run services -- up, or set ${service.variables[0]}.`,
      });
    Object.assign(urls, place.urls);
  }
  return urls;
}

runMain(async () => {
  listen();
  toStderr();
  const [tool, ...args] = process.argv.slice(2);
  await ensureDependencies();
  await build();
  const file = inRoot('dist', 'cli', `${tool}.js`);
  // The tool knows its arguments: it is asked before it is asked where its services are.
  const { status } = spawnSync(nodeBinary(), [file, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ARGUMENTS_ONLY: '1' },
  });
  if (status !== 0) return status ?? 1;
  if (asksForHelp(args)) return 0;
  const env = { ...process.env, ...(await urlsOfRunning(NEEDED[tool], WELCOME[tool])) };
  return exitCodeOf(nodeBinary(), [file, ...args], { env });
});
