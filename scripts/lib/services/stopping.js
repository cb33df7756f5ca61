// A service we started runs until its last user leaves: `npm start` and `npm test` may share one.
const fs = require('node:fs');
const { interruption } = require('../running/interruption');
const { withLock } = require('../running/lock');
const { isAlive, recordOf, stopProcess } = require('../running/processes');
const { step } = require('../running/progress');
const { readState, updateState } = require('../state');
const { removeContainer } = require('./docker');

/** Registers this process as a user; `keep`: runs on without users until `services down`. Called under the lock. */
function register(names, { what, keep = false }) {
  updateState((state) => {
    for (const name of names) {
      const entry = state.services[name];
      if (!entry) continue;
      entry.users = entry.users.filter(isAlive);
      if (keep) entry.keep = true;
      else entry.users.push({ ...recordOf(process.pid), what });
    }
  });
}

/** Ends what an entry of the state describes; nothing happens when it is gone already. */
async function stopEntry(entry) {
  if (entry.how === 'container') return removeContainer(entry.container);
  await stopProcess(entry);
  if (entry.temporaryFolder) fs.rmSync(entry.temporaryFolder, { recursive: true, force: true });
}

async function stopNames(names) {
  if (names.length === 0) return;
  await step('stop services', async () => {
    const { services } = readState();
    await Promise.all(names.map((name) => stopEntry(services[name])));
    updateState((state) => names.forEach((name) => delete state.services[name]));
    return names.join(', ');
  });
}

/** This process leaves: what nobody else uses, and was not started to stay, is stopped. */
async function release() {
  interruption.cleaningUp = true;
  if (Object.keys(readState().services).length === 0) return;
  await withLock(async () => {
    const idle = updateState((state) =>
      Object.entries(state.services)
        .filter(([, entry]) => {
          entry.users = entry.users.filter((user) => user.pid !== process.pid && isAlive(user));
          return entry.users.length === 0 && !entry.keep;
        })
        .map(([name]) => name),
    );
    await stopNames(idle);
  });
}

/** Ends the staying of all services and stops those without users; `force`: the others too. @returns {object[]} users */
async function stopAll({ force = false } = {}) {
  await withLock(async () =>
    updateState((state) => {
      for (const entry of Object.values(state.services)) {
        delete entry.keep;
        if (force) entry.users = [];
      }
    }),
  );
  await release();
  return Object.values(readState().services).flatMap((entry) => entry.users);
}

module.exports = { register, stopEntry, release, stopAll };
