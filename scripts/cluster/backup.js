// npm run cluster -- backup | restore: Jobs of the chart's CronJobs, and what has to be stopped around them.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { misuse, readArguments } = require('../lib/arguments/arguments');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { note, step } = require('../lib/running/progress');
const { currentContext, kubectl, NAMESPACE } = require('./context');

const API = 'app.kubernetes.io/part-of=concert,app.kubernetes.io/name=concert-api';
const POLL_MS = 1000;

const BACKUP_USAGE = `npm run cluster -- backup   makes a backup now, by the CronJob of concert-api.backup.enabled=true`;
const RESTORE_USAGE = `npm run cluster -- restore [FILE] --replace   stops the product, replaces its database by a backup, migrates, starts it, verifies
  FILE        by default the newest (concert-20260101T000000Z.sql.gz); \`npm run cluster -- backup\` prints the name of each
  --replace   confirms that everything in the database is deleted first`;

const own = (args, options) => kubectl(['--namespace', NAMESPACE, ...args], options);
const read = async (...args) => JSON.parse(await own([...args, '--output', 'json']));

/** @throws Failure when the release makes no backups */
async function cronJob(component) {
  const context = await currentContext();
  const { items } = await read(
    'get',
    'cronjobs',
    '--selector',
    `${API},app.kubernetes.io/component=${component}`,
  );
  if (items.length > 0) return items[0];
  throw new Failure(`There is no CronJob for ${component} in ${context}.`, {
    todo:
      component === 'restore'
        ? 'set concert-api.backup.enabled=true; with database.adminUrl in values use npm run db -- restore (docs/operations/backup-and-restore.md).'
        : 'npm run cluster -- deploy --set concert-api.backup.enabled=true',
  });
}

async function create(manifest) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'concert-job-'));
  try {
    const file = path.join(folder, 'job.json');
    fs.writeFileSync(file, JSON.stringify(manifest));
    await own(['create', '--filename', file]);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Makes a Job of a CronJob and waits for its end. @returns {Promise<string>} its log */
async function runJob({ metadata, spec }, environment = {}) {
  const { metadata: labels, spec: job } = spec.jobTemplate;
  for (const container of [...(job.template.spec.initContainers ?? []), ...job.template.spec.containers])
    for (const variable of container.env ?? [])
      if (Object.hasOwn(environment, variable.name)) variable.value = environment[variable.name];
  const name = `${metadata.name}-${Date.now().toString(36)}`;
  // It goes with the CronJob, which also limits how many are kept.
  const owner = {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    name: metadata.name,
    uid: metadata.uid,
    controller: true,
  };
  const manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    spec: job,
    metadata: { ...labels, name, ownerReferences: [owner] },
  };
  await create(manifest);
  const logs = () => own(['logs', `job/${name}`, '--all-containers', '--tail=-1']);
  for (;;) {
    const { status } = await read('get', `job/${name}`);
    if (status.succeeded) return logs();
    if (status.conditions?.some(({ type, status: is }) => type === 'Failed' && is === 'True'))
      throw new Failure(`${name} has failed.`, {
        details: await logs(),
        todo: `kubectl -n ${NAMESPACE} describe job/${name}`,
      });
    await pause();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, POLL_MS));

const lineOf = (log, start) => log.split('\n').find((line) => line.startsWith(start)) ?? '';

async function backup(args) {
  readArguments({ args, usage: BACKUP_USAGE });
  listen();
  await ensureDependencies();
  const job = await cronJob('backup');
  await step('backup', async () => lineOf(await runJob(job), 'written:'));
}

/** The product's Deployments with their numbers of pods, and what would change these meanwhile. */
async function productOf() {
  const { items } = await read('get', 'deployments', '--selector', API);
  return items.map(({ metadata, spec }) => ({ name: metadata.name, replicas: spec.replicas }));
}

/** An HPA rests while its Deployment has 0 replicas; KEDA has to be paused. */
async function pauseKeda(isPaused) {
  const scaled = await own(['get', 'scaledobjects', '--selector', API, '--output', 'name']).catch((error) => {
    if (error instanceof Failure) return ''; // there is no KEDA
    throw error;
  });
  const annotation = `autoscaling.keda.sh/paused-replicas${isPaused ? '=0' : '-'}`;
  for (const name of scaled.split('\n').filter(Boolean))
    await own(['annotate', name, annotation, '--overwrite']);
}

const isServing = ({ metadata }) =>
  ['api', 'worker', 'web'].includes(metadata.labels['app.kubernetes.io/component']);

async function stop(deployments) {
  await pauseKeda(true);
  for (const { name } of deployments) await own(['scale', `deployment/${name}`, '--replicas=0']);
  while ((await read('get', 'pods', '--selector', API)).items.some(isServing)) await pause();
}

async function start(deployments) {
  await pauseKeda(false);
  for (const { name, replicas } of deployments)
    await own(['scale', `deployment/${name}`, `--replicas=${replicas}`]);
  for (const { name } of deployments) await own(['rollout', 'status', `deployment/${name}`, '--timeout=5m']);
}

/** In a pod of the worker, which reaches every store; where there is none, of the API. */
async function verify(deployments) {
  const { name } = deployments.find((it) => it.name.endsWith('-worker')) ?? deployments[0];
  return own(['exec', `deployment/${name}`, '--', '/usr/local/bin/node', 'dist/cli/verify.js'], {
    what: 'verify',
    todo: 'the names of the rows stand above; docs/operations/backup-and-restore.md',
  });
}

async function restore(args) {
  const options = { replace: { type: 'boolean', default: false } };
  const read = { args, usage: RESTORE_USAGE, options, names: args, atMost: 1 };
  const { values, positionals } = readArguments(read);
  const [file = ''] = positionals;
  if (!values.replace)
    throw misuse('This deletes everything in the database first: confirm it by --replace.', RESTORE_USAGE);
  listen();
  await ensureDependencies();
  const job = await cronJob('restore');
  const deployments = await productOf();
  if (deployments.some(({ replicas }) => replicas === 0))
    note('the product is stopped already; it is started with one pod each');
  await step('stop the product', () => stop(deployments));
  try {
    await step('restore', async () => lineOf(await runJob(job, { FILE: file }), 'restored:'));
  } finally {
    // What was there is served again if the restore has changed nothing; a half restored database has no table to serve.
    await step('start the product', () =>
      start(deployments.map(({ name, replicas }) => ({ name, replicas: replicas || 1 }))),
    );
  }
  note(
    (await step('verify', () => verify(deployments).then((text) => text.trim().split('\n').at(-1)))) ?? '',
  );
}

module.exports = {
  backup: { about: 'makes a backup of the database now', usage: BACKUP_USAGE, run: backup },
  restore: { about: 'replaces the database by a backup', usage: RESTORE_USAGE, run: restore },
};
