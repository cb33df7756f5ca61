// npm run cluster -- load: one k6 run as a Job in the cluster.
const fs = require('node:fs');
const zlib = require('node:zlib');
const path = require('node:path');
const { misuse } = require('../lib/arguments/arguments');
const { assembledCharts } = require('../lib/deploys/charts');
const { didYouMean } = require('../lib/arguments/closest');
const { plainNumber } = require('../lib/arguments/options');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { inRoot } = require('../lib/paths');
const { note, step } = require('../lib/running/progress');
const { currentContext, helm, kubectl, NAMESPACE } = require('./context');
const { crossed, merge, textOf } = require('./merge');

const START_MINUTES = 5;
const THRESHOLDS_FAILED = 99;
const POLL_MS = 2000;

const USAGE = `npm run cluster -- load [scenario] [VARIABLE=value…] [--pods N] [options]
One run of k6/<scenario>.ts in the cluster, by default study; exit code 99: thresholds were missed.
VARIABLE: k6/README.md. --pods: as many share the load, and what they have measured is judged as a whole. The other
options go to helm.`;

/** @returns {Promise<string>} of the Job's only pod, by JSONPath; empty while there is none */
const ofPod = async (job, path) => {
  const select = ['--namespace', NAMESPACE, '--selector', `job-name=${job}`];
  return (
    await kubectl(['get', 'pods', ...select, '--output', `jsonpath={.items[*].status.${path}}`])
  ).trim();
};

/** Kubernetes' events of the Job and of its pod: refused by the quota, no image, no room. */
async function eventsOf(job) {
  const lines = 'jsonpath={range .items[*]}{.involvedObject.name}: {.message}{"\\n"}{end}';
  const events = await kubectl(['get', 'events', '--namespace', NAMESPACE, '--output', lines]);
  return events
    .split('\n')
    .filter((line) => line.startsWith(`${job}:`) || line.startsWith(`${job}-`))
    .join('\n');
}

/** Repeats `read` until it gives something. @throws Failure with the Job's events when it gives nothing in time */
async function until(job, read) {
  const deadline = Date.now() + START_MINUTES * 60_000;
  for (;;) {
    const value = await read();
    if (value) return value;
    if (Date.now() > deadline)
      throw new Failure(`${job} is not running after ${START_MINUTES} minutes.`, {
        details: await eventsOf(job),
        todo: `kubectl -n ${NAMESPACE} describe job/${job}`,
      });
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** @returns {Promise<number[]>} exit codes of the pods that have ended */
async function exitCodes(job) {
  const codes = await ofPod(job, 'containerStatuses[0].state.terminated.exitCode');
  return codes === '' ? [] : codes.split(' ').map(Number);
}

/** Waits for all pods, puts together what they have measured, and judges that. @returns {Promise<number>} as k6's */
async function followAll(job, pods) {
  await until(job, async () =>
    (await ofPod(job, 'phase')).split(' ').some((it) => !['', 'Pending'].includes(it)),
  );
  for (let ended = []; ended.length < pods; ended = await exitCodes(job)) {
    const failed = ended.find((code) => code !== 0);
    if (failed !== undefined) break; // the Job ends the others
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const names = (
    await kubectl([
      'get',
      'pods',
      '--namespace',
      NAMESPACE,
      '--selector',
      `job-name=${job}`,
      '--output',
      'name',
    ])
  )
    .trim()
    .split('\n');
  const summaries = [];
  for (const name of names) {
    const log = await kubectl(['logs', '--namespace', NAMESPACE, '--tail=-1', name]);
    const { 'summary.json': summary } = unpack(log);
    if (summary === undefined) throw new Failure(`${name} has left no results.`, { details: log });
    summaries.push(JSON.parse(summary));
  }
  const merged = merge(summaries);
  process.stdout.write(`\n${textOf(merged, pods)}\n`);
  return crossed(merged).length === 0 ? 0 : THRESHOLDS_FAILED;
}

/** Each file stands behind a line `=== name` as base64 of its gzip; `===` alone ends the last. */
function unpack(log) {
  const parts = log.split(/^===(?: (\S+))?\n/m).slice(1);
  const files = {};
  for (let i = 0; i + 1 < parts.length; i += 2)
    if (parts[i] !== undefined)
      files[parts[i]] = zlib.gunzipSync(Buffer.from(parts[i + 1], 'base64')).toString();
  return files;
}

/** Shows the log as it comes. @returns {Promise<number>} k6's exit code */
async function follow(job) {
  await until(job, async () => !['', 'Pending'].includes(await ofPod(job, 'phase')));
  await kubectl(['logs', '--namespace', NAMESPACE, '--follow', `job/${job}`], { inherit: true });
  return Number(await until(job, () => ofPod(job, 'containerStatuses[0].state.terminated.exitCode')));
}

/** @throws Failure for --pods without a number */
function takePods(args) {
  const at = args.indexOf('--pods');
  if (at < 0) return { pods: 1, rest: args };
  const pods = plainNumber(args[at + 1] ?? '');
  if (!Number.isInteger(pods) || pods < 1 || pods > 99)
    throw misuse('--pods needs a number from 1 to 99.', USAGE);
  return { pods, rest: args.toSpliced(at, 2) };
}

async function load(all) {
  const { pods, rest: args } = takePods(all);
  await currentContext();
  const scenario = /^[a-z]/.test(args[0] ?? '') ? args.shift() : 'study';
  const isVariable = (arg) => /^[A-Z][A-Z0-9_]*=/.test(arg);
  const variables = args.filter(isVariable).flatMap((arg) => ['--set-string', `variables.${arg}`]);
  const options = args.filter((arg) => !isVariable(arg));
  // The same once more is another run.
  const run = ['--set-string', `run=${Date.now().toString(36)}`, '--set', `pods=${pods}`];
  const set = ['--set', `scenario=${scenario}`, ...run, ...variables, ...options];
  await helm(['upgrade', '--install', 'load', path.join(assembledCharts(), 'k6'), ...set], {
    what: 'helm upgrade',
  });
  const [, job] = /^kind: Job\nmetadata:\n {2}name: (\S+)$/m.exec(await helm(['get', 'manifest', 'load']));
  const code = await step(job, () => (pods === 1 ? follow(job) : followAll(job, pods)), { inherits: true });
  if (code === THRESHOLDS_FAILED) note('thresholds failed');
  return code;
}

/** @throws Failure for a scenario that is not in k6/ */
function checkLoad([scenario]) {
  const known = fs
    .readdirSync(inRoot('k6'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
  if (/^[a-z]/.test(scenario ?? '') && !known.includes(scenario))
    throw misuse(`There is no scenario "${scenario}".${didYouMean(scenario, known)}`, USAGE);
}

async function run(args) {
  checkLoad(args);
  listen();
  await ensureDependencies();
  return load(args);
}

module.exports = { about: 'runs k6 as a Job in the cluster', usage: USAGE, run };
