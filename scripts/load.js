// npm run load -- <scenario> [NAME=value …] | compare A B | report A: load with k6, and a report to look at.
const { fork } = require('node:child_process');
const crypto = require('node:crypto');
const { build } = require('./build');
const { freshDatabase } = require('./lib/database');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, runMain } = require('./lib/failure');
const { interruption, listen } = require('./lib/interruption');
const { withLock } = require('./lib/lock');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { step } = require('./lib/progress');
const { run } = require('./lib/run');
const { ensureServices, release } = require('./lib/services');
const { checkStoppable, startAgain, stopForAWhile } = require('./lib/services/outage');
const { targets } = require('./lib/services/prometheus-targets');
const { findTool } = require('./lib/tools');

const WHAT = 'npm run load';
const TARGET = `load-${process.pid}`;
/** After a signal k6 ends its run in an orderly way, and the report is still written. */
const PATIENCE_MS = 60_000;

/** @returns the environment of the product and of k6 */
async function prepare({ needs, users }) {
  const names = needs.filter((name) => name !== 'k6');
  const urls = names.length > 0 ? await ensureServices(names, { what: WHAT, forTests: true }) : {};
  const env = { ...process.env, ...urls, TZ: 'UTC' };
  env.LOAD_K6 = await findTool('k6');
  if (!names.includes('mariadb')) return env;
  await build();
  env.TOKEN_SECRET = crypto.randomBytes(48).toString('base64url');
  await step('a database of its own, with members and seats', async () => {
    const seed = ['--users', String(users)];
    Object.assign(env, await freshDatabase(urls, { suffix: 'load', seed, env }));
  });
  return env;
}

/** The runner asks for outages (only this process may stop what it has started), and to have the product scraped. */
async function answer(child, { id, act, service, address }) {
  try {
    if (act === 'scrape') targets.add(TARGET, address, 'concert-api');
    if (act === 'check') checkStoppable(service);
    if (act === 'stop') await withLock(() => stopForAWhile(service));
    if (act === 'start') await withLock(() => startAgain(service, WHAT));
    child.send({ id });
  } catch (error) {
    child.send({ id, error: error.message });
  }
}

/** @returns {Promise<number>} the runner's exit code */
function runner(args, env) {
  const child = fork(inRoot('k6', 'runner', 'main.ts'), args, { env, execPath: nodeBinary() });
  child.on('message', (message) => void answer(child, message));
  const stop = () => {
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS).unref();
  };
  interruption.on('stop', stop).on('force', () => child.kill('SIGKILL'));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Failure(`The runner could not be started: ${error.message}`)));
    child.once('exit', (code) => resolve(code ?? 1));
  }).finally(() => targets.remove(TARGET));
}

/** What a command needs is the runner's to know: it reads the arguments. */
async function plan(args) {
  const text = await run(nodeBinary(), [inRoot('k6', 'runner', 'main.ts'), '--plan', ...args], {
    what: 'load',
  });
  return JSON.parse(text);
}

runMain(async () => {
  listen();
  const args = process.argv.slice(2);
  await ensureDependencies();
  const { usage, ...wanted } = await plan(args);
  if (usage !== undefined) {
    process.stderr.write(usage);
    return args.includes('--help') ? 0 : 2;
  }
  if (wanted.needs.length === 0) return runner(args, process.env);
  try {
    const env = await withLock(() => prepare(wanted));
    return await runner(args, env);
  } finally {
    await release();
  }
});
