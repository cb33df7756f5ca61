// npm run load -- <scenario> [NAME=value …] | compare A B | report A: load with k6, and a report to look at.
const { fork } = require('node:child_process');
const crypto = require('node:crypto');
const { checkArguments, TYPESCRIPT } = require('./lib/arguments/arguments');
const { build } = require('./build');
const { freshDatabase } = require('./lib/database');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, runMain } = require('./lib/running/failure');
const { interruption, listen } = require('./lib/running/interruption');
const { withLock } = require('./lib/running/lock');
const { nodeBinary } = require('./lib/running/node-binary');
const { inRoot } = require('./lib/paths');
const { step } = require('./lib/running/progress');
const { run } = require('./lib/running/run');
const { ensureServices, release } = require('./lib/services');
const {
  checkStoppable,
  checkStoppableEarly,
  deadServices,
  startAgain,
  stopForAWhile,
} = require('./lib/services/outage');
const { targets } = require('./lib/services/prometheus/prometheus-targets');
const { urlsOfRunning } = require('./lib/tool');
const { findTool } = require('./lib/tools/tools');

const WHAT = 'npm run load';
/** A store that has died is noticed within this time. */
const WATCH_EVERY_MS = 1000;
const TARGET = `load-${process.pid}`;
/** After a signal k6 ends its run in an orderly way, and the report is still written. */
const PATIENCE_MS = 60_000;

/** @returns the environment of the product and of k6 */
async function prepare({ needs, users, seed: more = [], stops, hasDatabase }) {
  const names = needs.filter((name) => name !== 'k6');
  const urls = names.length > 0 ? await ensureServices(names, { what: WHAT, forTests: true }) : {};
  for (const name of stops) checkStoppable(name);
  const env = { ...process.env, ...urls, TZ: 'UTC' };
  if (needs.includes('k6')) env.LOAD_K6 = await findTool('k6');
  if (hasDatabase) {
    await build();
    Object.assign(env, await urlsOfRunning({ needs: ['mariadb'], uses: ['redis'] }));
  }
  if (!names.includes('mariadb')) return env;
  await build();
  env.TOKEN_SECRET = crypto.randomBytes(48).toString('base64url');
  await step('a separate database with users and seats', async () => {
    const seed = ['--users', String(users), ...more];
    Object.assign(env, await freshDatabase(urls, { suffix: 'load', seed, env }));
  });
  return env;
}

/** The runner asks for outages (only this process may stop what it has started), and to have the product scraped. */
async function answer(child, stopped, { id, act, service, address }) {
  try {
    if (act === 'scrape') targets.add(TARGET, address, 'concert-api');
    if (act === 'stop') {
      stopped.add(service);
      await withLock(() => stopForAWhile(service));
    }
    if (act === 'start') {
      await withLock(() => startAgain(service, WHAT));
      stopped.delete(service);
    }
    child.send({ id });
  } catch (error) {
    child.send({ id, error: error.message });
  }
}

/** @returns {Promise<number>} the runner's exit code */
function runner(args, env, needs = []) {
  const options = { env, execPath: nodeBinary(), execArgv: TYPESCRIPT };
  const child = fork(inRoot('k6', 'runner', 'main.ts'), args, options);
  const stopped = new Set();
  let dead = [];
  child.on('message', (message) => void answer(child, stopped, message));
  const watch = setInterval(() => {
    dead = deadServices(needs.filter((name) => !stopped.has(name)));
    if (dead.length === 0) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  }, WATCH_EVERY_MS);
  const stop = () => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS).unref();
  };
  interruption.on('stop', stop).on('force', () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Failure(`The runner could not be started: ${error.message}`)));
    child.once('exit', (code) =>
      dead.length > 0
        ? reject(
            new Failure(`${dead.join(' and ')} ended in the middle of the run.`, {
              todo: 'see .services/*/*.log.',
            }),
          )
        : resolve(code ?? 1),
    );
  }).finally(() => {
    clearInterval(watch);
    targets.remove(TARGET);
  });
}

/** What a command needs is the runner's to know: it reads the arguments. */
async function plan(args) {
  const text = await run(
    nodeBinary(),
    [...TYPESCRIPT, inRoot('k6', 'runner', 'main.ts'), '--plan', ...args],
    {
      what: 'load',
    },
  );
  return JSON.parse(text);
}

runMain(async () => {
  listen();
  const args = process.argv.slice(2);
  await checkArguments('k6/runner/options.ts', args);
  await ensureDependencies();
  const wanted = await plan(args);
  for (const name of wanted.stops) checkStoppableEarly(name);
  if (wanted.needs.length === 0 && !wanted.hasDatabase) return runner(args, process.env);
  try {
    const env = await withLock(() => prepare(wanted));
    return await runner(args, env, wanted.needs);
  } finally {
    await release();
  }
});
