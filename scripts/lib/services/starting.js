const fs = require('node:fs');
const { Failure, Interrupted } = require('../running/failure');
const { shouldAbandon } = require('../running/interruption');
const { freePort } = require('../ports');
const { recordOf, sleep } = require('../running/processes');
const { note } = require('../running/progress');
const { excerpt } = require('../running/run');
const { inServices } = require('../paths');
const { readState, updateState } = require('../state');
const { containerLog, containerRuns, engineRuns, startContainer } = require('./docker');
const { stopEntry } = require('./stopping');
const { commandsOf, ensurePackages } = require('./packages');

const POLL_MS = 100;
const LOG_SETTLE_MS = 500; // the engine writes a container's last lines a moment after its end

/** Recorded before it is ready: whatever happens next, it can be found and stopped. */
function record(service, entry) {
  updateState((state) => {
    state.services[service.name] = { ...entry, users: [] };
    state.ports[service.name] = entry.port;
    state.origins[service.name] = entry.how;
  });
  return entry;
}

/** @param {() => Promise<string|null>} whyDead the reason when waiting has become pointless */
async function waitUntilReady(service, entry, whyDead) {
  const deadline = Date.now() + service.startupMs;
  let prepared = entry.how !== 'container' || !service.docker.prepare;
  for (;;) {
    if (shouldAbandon()) throw new Interrupted();
    let reason;
    try {
      if (!prepared) await service.docker.prepare(entry);
      prepared = true;
      await service.probe(service.urlsOf(entry));
      return;
    } catch (error) {
      reason = error.sqlMessage ?? error.message;
    }
    const dead = await whyDead();
    if (dead !== null) throw new Failure(`${service.title} ended while starting.`, { details: dead });
    if (Date.now() > deadline) {
      throw new Failure(`${service.title} was not ready within ${service.startupMs / 1000} s: ${reason}`);
    }
    await sleep(POLL_MS);
  }
}

/** One that is there but unusable is stopped first: two servers must never share a data folder. */
async function retire(service) {
  const entry = readState().services[service.name];
  if (!entry) return;
  await stopEntry(entry);
  updateState((state) => delete state.services[service.name]);
}

async function inContainer(service) {
  await retire(service);
  const port = await freePort(readState().ports[service.name]);
  const container = await startContainer(service, port);
  const entry = record(service, { how: 'container', container, port });
  try {
    await waitUntilReady(service, entry, async () => {
      if (await containerRuns(container)) return null;
      await sleep(LOG_SETTLE_MS);
      return excerpt(await containerLog(container));
    });
  } catch (error) {
    await retire(service);
    throw error;
  }
}

async function asPrivateProcess(service) {
  await retire(service);
  const port = await freePort(readState().ports[service.name]);
  const child = await service.startPrivate({ port, commands: commandsOf(service) });
  if (child.pid === undefined) {
    await sleep(0); // the error event comes in the next turn
    throw new Failure(`${service.title} could not be started: ${child.failed?.message}`);
  }
  const { temporaryFolder } = child;
  const entry = record(service, { how: 'private', ...recordOf(child.pid), port, temporaryFolder });
  const logFile = inServices(service.name, `${service.name}.log`);
  await waitUntilReady(service, entry, async () =>
    child.exitCode === null && child.signalCode === null ? null : excerpt(fs.readFileSync(logFile, 'utf8')),
  );
}

/** All of them at the same time; the first failure is thrown when all have settled, so that none is left unseen. */
async function inParallel(services, start) {
  const results = await Promise.allSettled(services.map(start));
  return services
    .map((service, index) => ({ service, error: results[index].reason }))
    .filter(({ error }) => error !== undefined);
}

async function tryContainers(services) {
  if (process.env.SERVICES_FROM === 'packages') return services;
  // Data that lie in private folders stay where they are, with or without an engine.
  const { origins } = readState();
  const wanted = services.filter(({ name }) => process.env.SERVICES_FROM || origins[name] !== 'private');
  if (wanted.length === 0 || !(await engineRuns())) return services;
  const failed = await inParallel(wanted, inContainer);
  for (const { service, error } of failed) {
    if (error instanceof Interrupted || process.env.SERVICES_FROM === 'docker') throw error;
    const lastLine = error.details?.trim().split('\n').at(-1) ?? '';
    note(`${service.title} as a container: ${error.message} ${lastLine}`);
    note('trying a private process instead');
  }
  return services.filter((service) => !wanted.includes(service) || failed.some((f) => f.service === service));
}

/** Starts services that were found nowhere: in a Docker engine if there is one, else as processes of our own. */
async function startServices(services) {
  if (services.length === 0) return;
  const remaining = await tryContainers(services);
  if (process.env.SERVICES_FROM === 'docker' && remaining.length > 0) {
    throw new Failure('SERVICES_FROM=docker, but no Docker engine answers ("docker info").', {
      todo: 'start the engine, or unset SERVICES_FROM.',
    });
  }
  await ensurePackages(remaining);
  const [first] = await inParallel(remaining, asPrivateProcess);
  if (first) throw first.error;
}

module.exports = { startServices };
