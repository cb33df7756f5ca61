// npm run cluster -- load: one k6 run as a Job in the cluster.
const zlib = require('node:zlib');
const path = require('node:path');
const { checkArguments, misuse, takeOption, usageOf } = require('../lib/arguments/arguments');
const { assembledCharts } = require('../lib/deploys/charts');
const { plainNumber } = require('../lib/arguments/options');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { note, step } = require('../lib/running/progress');
const { currentContext, helm, kubectl, NAMESPACE } = require('./context');
const { crossed, merge, textOf } = require('./merge');

const START_MINUTES = 5;
const THRESHOLDS_FAILED = 99;
const POLL_MS = 2000;

const OPTIONS = 'k6/runner/cluster-options.ts';
const USAGE = usageOf(OPTIONS);

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

/** @throws Failure with code 2 for what is not known */
async function wantedBy(all) {
  const { value = '1', rest } = takeOption(all, '--pods', USAGE);
  const pods = plainNumber(value);
  if (!Number.isInteger(pods) || pods < 1 || pods > 99)
    throw misuse('--pods needs a number from 1 to 99.', USAGE);
  const [scenario, ...args] = /^[a-z]/.test(rest[0] ?? '') ? rest : ['study', ...rest];
  const isVariable = (arg) => /^[A-Z][A-Z0-9_]*=/.test(arg);
  const variables = args.filter(isVariable);
  await checkArguments(OPTIONS, [scenario, ...variables]);
  return { pods, scenario, variables, options: args.filter((arg) => !isVariable(arg)) };
}

async function load({ pods, scenario, variables, options }) {
  await currentContext();
  const given = variables.flatMap((variable) => ['--set-string', `variables.${variable}`]);
  // The same once more is another run.
  const run = ['--set-string', `run=${Date.now().toString(36)}`, '--set', `pods=${pods}`];
  const set = ['--set', `scenario=${scenario}`, ...run, ...given, ...options];
  await helm(['upgrade', '--install', 'load', path.join(assembledCharts(), 'k6'), ...set], {
    what: 'helm upgrade',
  });
  const [, job] = /^kind: Job\nmetadata:\n {2}name: (\S+)$/m.exec(await helm(['get', 'manifest', 'load']));
  const code = await step(job, () => (pods === 1 ? follow(job) : followAll(job, pods)), { inherits: true });
  if (code === THRESHOLDS_FAILED) note('thresholds failed');
  return code;
}

async function run(args) {
  listen();
  const wanted = await wantedBy(args);
  await ensureDependencies();
  return load(wanted);
}

module.exports = { about: 'runs k6 as a Job in the cluster', usage: USAGE, run };
