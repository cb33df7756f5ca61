// Runs a tool of dist/cli on the services that run here.
// Starts nothing: where URL variables are unset, what `npm start` or `npm run services -- up` has started is used.
const { spawnSync } = require('node:child_process');
const { build, isUpToDate } = require('../build');
const { ensureDependencies } = require('./dependencies');
const { Failure } = require('./running/failure');
const { listen } = require('./running/interruption');
const { withLock } = require('./running/lock');
const { nodeBinary } = require('./running/node-binary');
const { inRoot } = require('./paths');
const { toStderr } = require('./running/progress');
const { exitCodeOf } = require('./running/run');
const { inspectServices } = require('./services');

const CANNOT_RUN = 2;

/** @returns the URL variables of the services that are needed, and of those of `uses` that run */
async function urlsOfRunning({ needs = [], uses = [] }) {
  const urls = {};
  if (needs.length + uses.length === 0) return urls;
  for (const { service, place } of await inspectServices()) {
    const isHealthy = place && !place.reason;
    if (needs.includes(service.name) && !isHealthy)
      throw new Failure(`${service.title} is not running${place ? `: ${place.reason}` : ''}.`, {
        todo: `npm start, or npm run services -- up, or set ${service.variables[0]}.`,
        code: CANNOT_RUN,
      });
    if (isHealthy && [...needs, ...uses].includes(service.name)) Object.assign(urls, place.urls);
  }
  return urls;
}

/**
 * @param {string} name file in dist/cli
 * @param {string[]} args
 * @param {{needs?: string[], uses?: string[]}} [services]
 * @returns {Promise<number>} its exit code
 */
async function runTool(name, args, services = {}) {
  listen();
  toStderr();
  await ensureDependencies();
  // Two commands that begin after a change would remove each other's files.
  if (!isUpToDate()) await withLock(build);
  const file = inRoot('dist', 'cli', `${name}.js`);
  // Only the tool can judge its arguments, and it does so before services are looked for.
  const { status } = spawnSync(nodeBinary(), [file, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ARGUMENTS_ONLY: '1' },
  });
  if (status !== 0) return status ?? 1;
  const env = { ...process.env, ...(await urlsOfRunning(services)) };
  return exitCodeOf(nodeBinary(), [file, ...args], { env });
}

module.exports = { runTool, urlsOfRunning };
