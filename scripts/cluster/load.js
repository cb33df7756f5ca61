// npm run cluster -- load: one k6 run as a Job in the cluster.
const fs = require('node:fs');
const path = require('node:path');
const { misuse } = require('../lib/arguments');
const { assembledCharts } = require('../lib/charts');
const { didYouMean } = require('../lib/closest');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/failure');
const { listen } = require('../lib/interruption');
const { inRoot } = require('../lib/paths');
const { note, step } = require('../lib/progress');
const { currentContext, helm, kubectl, NAMESPACE } = require('./context');

const START_MINUTES = 5;
const THRESHOLDS_FAILED = 99;
const POLL_MS = 2000;

const USAGE = `npm run cluster -- load [scenario] [VARIABLE=value…] [options]
One run of k6/<scenario>.ts in the cluster, by default study; exit code 99: thresholds were missed.
VARIABLE: k6/README.md. The options go to helm.`;

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

/** Shows the log as it comes. @returns {Promise<number>} k6's exit code */
async function follow(job) {
  await until(job, async () => !['', 'Pending'].includes(await ofPod(job, 'phase')));
  await kubectl(['logs', '--namespace', NAMESPACE, '--follow', `job/${job}`], { inherit: true });
  return Number(await until(job, () => ofPod(job, 'containerStatuses[0].state.terminated.exitCode')));
}

async function load(args) {
  await currentContext();
  const scenario = /^[a-z]/.test(args[0] ?? '') ? args.shift() : 'study';
  const isVariable = (arg) => /^[A-Z][A-Z0-9_]*=/.test(arg);
  const variables = args.filter(isVariable).flatMap((arg) => ['--set-string', `variables.${arg}`]);
  const options = args.filter((arg) => !isVariable(arg));
  const set = ['--set', `scenario=${scenario}`, ...variables, ...options];
  await helm(['upgrade', '--install', 'load', path.join(assembledCharts(), 'k6'), ...set], {
    what: 'helm upgrade',
  });
  const { version } = JSON.parse(await helm(['status', 'load', '--output', 'json']));
  const job = `load-k6-${version}`;
  const code = await step(job, () => follow(job), { inherits: true });
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
