// npm run cluster -- deploy: builds the image and installs charts/concert.
const path = require('node:path');
const { assembledCharts } = require('../lib/charts');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/failure');
const { listen } = require('../lib/interruption');
const { inRoot } = require('../lib/paths');
const { note, step } = require('../lib/progress');
const { run: runProgram } = require('../lib/run');
const { CLUSTER, currentContext, demand, helm, KIND_CONTEXT, kubectl, NAMESPACE } = require('./context');

const IMAGE_SOURCES = ['Dockerfile', 'package-lock.json', 'src'];
const INSTALL_MINUTES = 10;

const USAGE = `npm run cluster -- deploy [options]   builds the image, gives it to kind, installs or upgrades charts/concert, and waits
  --no-build   the cluster has the image: name it by --set concert-api.image.tag=…
  others       go to helm: -f k8s/values/hpa.yaml --set concert-api.preset=thin
It uses kubectl's current context, so any cluster that has the image will do.`;

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
  const env = { ...process.env, DOCKER_BUILDKIT: '1' }; // an old client would build without it, and fail
  const values = ['SOURCE_DATE_EPOCH=0', `REVISION=${(await revision()) || 'unknown'}`];
  const args = ['build', '--quiet', ...values.flatMap((value) => ['--build-arg', value]), inRoot()];
  const id = (await runProgram('docker', args, { env, what: 'docker build' })).trim();
  const tag = id.replace('sha256:', '').slice(0, 12);
  await runProgram('docker', ['tag', id, `concert-api:${tag}`]);
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
        runProgram('kind', ['load', 'docker-image', '--name', CLUSTER, `concert-api:${tag}`]),
      );
  }
  // An autoscaler, or an operator who has scaled before, may have set the same fields.
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

async function run(args) {
  listen();
  await ensureDependencies();
  return deploy(args);
}

module.exports = { about: 'builds the image and installs charts/concert', usage: USAGE, run };
