const fs = require('node:fs');
const { Interrupted } = require('./failure');
const { shouldAbandon } = require('./interruption');
const { lockFile } = require('../paths');
const { isAlive, recordOf, sleep } = require('./processes');
const { note } = require('./progress');
const { ensureServicesDir } = require('../state');

const POLL_MS = 200;
const UNREADABLE_STALE_MS = 5000;

function tryAcquire() {
  try {
    fs.writeFileSync(lockFile, JSON.stringify(recordOf(process.pid)), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** The run that holds the lock; null while it is just being written. */
function holder() {
  try {
    return JSON.parse(fs.readFileSync(lockFile, 'utf8'));
  } catch {
    return null;
  }
}

function isStale(record) {
  if (record) return !isAlive(record);
  const age = Date.now() - (fs.statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return age > UNREADABLE_STALE_MS;
}

/**
 * One run at a time installs, builds, and starts or stops services in this checkout; the others wait.
 * The lock of a run that died is taken over.
 */
async function withLock(work) {
  ensureServicesDir();
  let noted = false;
  while (!tryAcquire()) {
    if (shouldAbandon()) throw new Interrupted();
    const other = holder();
    if (isStale(other)) {
      fs.rmSync(lockFile, { force: true });
      continue;
    }
    if (!noted && other) {
      note(`waiting for another run (pid ${other.pid}) to finish its preparation`);
      noted = true;
    }
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    fs.rmSync(lockFile, { force: true });
  }
}

module.exports = { withLock };
