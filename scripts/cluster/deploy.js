// npm run cluster -- deploy: builds the image and installs charts/concert.
const path = require('node:path');
const { assembledCharts } = require('../lib/deploys/charts');
const { takeOption } = require('../lib/arguments/arguments');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { inRoot } = require('../lib/paths');
const { note, step } = require('../lib/running/progress');
const { run: runProgram } = require('../lib/running/run');
const { checkHelmOptions, currentContext, demand, helm, kubectl, NAMESPACE } = require('./context');
const { deliveryTo } = require('./images');
const { whilePodsCanStart } = require('./startup');

const IMAGE_SOURCES = ['Dockerfile', 'package-lock.json', 'src'];
const INSTALL_MINUTES = 10;

const USAGE = `npm run cluster -- deploy [options]   builds the image, gives it to the cluster, installs or upgrades charts/concert, and waits
  --no-build        the cluster has the image: name it by --set concert-api.image.tag=…
  --registry HOST   pushes the image there, for clusters that are neither kind, k3d, minikube nor this machine's Docker
  others            go to helm: -f k8s/values/hpa.yaml --set concert-api.preset=thin
It uses kubectl's current context.`;

/** The last commit that changed what the image is made of: a later one must not make it another image. */
async function revision() {
  try {
    return (await runProgram('git', ['log', '-1', '--format=%H', '--', ...IMAGE_SOURCES])).trim();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return ''; // no checkout
  }
}

/** Named by its content, so that an upgrade rolls the pods exactly when something has changed. */
async function buildImage() {
  await demand('docker', 'start Docker, or use --no-build and an image that the cluster has');
  // An old client would build without BuildKit, and fail. An attestation would change the image's id at each build.
  const env = { ...process.env, DOCKER_BUILDKIT: '1', BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  const values = ['SOURCE_DATE_EPOCH=0', `REVISION=${(await revision()) || 'unknown'}`];
  const args = ['build', '--quiet', ...values.flatMap((value) => ['--build-arg', value]), inRoot()];
  const id = (await runProgram('docker', args, { env, what: 'docker build' })).trim();
  const tag = id.replace('sha256:', '').slice(0, 12);
  await runProgram('docker', ['tag', id, `concert-api:${tag}`]);
  return tag;
}

/** @returns {Promise<string[]>} options of helm that name the image */
async function deliverImage(context, registry) {
  const delivery = deliveryTo(context, registry); // before the build, which takes minutes
  const tag = await step('image', buildImage);
  const { repository, commands } = delivery(tag);
  for (const [program, args] of commands)
    await step(`image: ${program} ${args[0]}`, () => runProgram(program, args));
  return [
    '--set',
    `concert-api.image.repository=${repository}`,
    '--set-string',
    `concert-api.image.tag=${tag}`,
  ];
}

/** Installs or upgrades, and waits until all pods are ready, or until one of them cannot start. */
function install(options) {
  // An autoscaler, or an operator who has scaled before, may have set the same fields. Helm takes them over only when it
  // applies on the server, which it does not by itself where Helm 3 has installed.
  const apply = ['--server-side=true', '--force-conflicts', '--wait', '--timeout', `${INSTALL_MINUTES}m`];
  const chart = path.join(assembledCharts(), 'concert');
  const pods = ['get', 'pods', '--namespace', NAMESPACE, '--output', 'json'];
  const watched = {
    read: async () => JSON.parse(await kubectl(pods)),
    tell: note,
    todo: `kubectl -n ${NAMESPACE} describe pods`,
  };
  return whilePodsCanStart(watched, (signal) =>
    helm(['upgrade', '--install', 'concert', chart, ...apply, ...options], {
      what: 'helm upgrade',
      todo: `kubectl -n ${NAMESPACE} get pods,events`,
      signal,
    }),
  );
}

/** @throws Failure with code 2 for options that Helm does not know, with its own code for values that the chart refuses */
async function wantedBy(args) {
  const { value, rest } = takeOption(args, '--registry', USAGE);
  const options = rest.filter((arg) => arg !== '--no-build');
  await checkHelmOptions(options, USAGE);
  return { registry: value?.replace(/\/$/, ''), options, isBuilt: options.length === rest.length };
}

async function deploy({ registry, options, isBuilt }) {
  const context = await currentContext();
  if (isBuilt) options.push(...(await deliverImage(context, registry)));
  await kubectl(['apply', '-f', inRoot('k8s', 'namespace.yaml')]);
  await step(`concert to ${context}`, () => install(options));
  note(
    `kubectl -n ${NAMESPACE} port-forward service/concert-api-management 9091:9090    then http://127.0.0.1:9091/docs`,
  );
}

async function run(args) {
  listen();
  await ensureDependencies();
  return deploy(await wantedBy(args));
}

module.exports = { wantedBy, about: 'builds the image and installs charts/concert', usage: USAGE, run };
