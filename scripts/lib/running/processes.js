// Processes are known by pid and identity: a pid alone may have been given to somebody else's process meanwhile.
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');

const POLL_MS = 50;
const TERMINATE_MS = 30_000;

/** Linux: boot id and start time in clock ticks. A zombie (nobody reaped it) counts as dead. */
function identityFromProc(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command name stands in parentheses and may hold spaces: count the fields behind the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  let boot = '';
  try {
    boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Some containers hide it; the start time still tells processes apart.
  }
  return `${boot}:${fields[19]}`;
}

/** @returns {string|null} null when no such process lives */
function identityOf(pid) {
  try {
    if (fs.existsSync('/proc/self/stat')) return identityFromProc(pid);
    const line = execFileSync('ps', ['-o', 'stat=,lstart=,command=', '-p', String(pid)], {
      encoding: 'utf8',
    });
    return /^\s*Z/.test(line) ? null : line.trim().replace(/^\S+\s+/, '') || null;
  } catch {
    return null;
  }
}

/** What is recorded of a process: enough to find it again, and only it. */
const recordOf = (pid) => ({ pid, identity: identityOf(pid) });

const isAlive = (record) => Boolean(record?.identity) && identityOf(record.pid) === record.identity;

async function waitForEnd(record, timeoutMs) {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(record)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function signal(record, name) {
  try {
    if (isAlive(record)) process.kill(record.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** SIGTERM, and SIGKILL only when that has not helped in `terminateMs`. */
async function stopProcess(record, terminateMs = TERMINATE_MS) {
  signal(record, 'SIGTERM');
  if (await waitForEnd(record, terminateMs)) return;
  signal(record, 'SIGKILL');
  await waitForEnd(record, 5000);
}

/**
 * Starts a process in a separate session (a Ctrl-C here does not reach it), with its output in `logFile`.
 * @returns {import('node:child_process').ChildProcess & {failed?: Error}}
 */
function spawnBackground(command, args, { cwd, env = process.env, logFile }) {
  fs.mkdirSync(path.dirname(logFile), { recursive: true });
  const log = fs.openSync(logFile, 'w');
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
  fs.closeSync(log);
  child.on('error', (error) => (child.failed = error));
  child.unref();
  return child;
}

module.exports = { recordOf, isAlive, stopProcess, spawnBackground, sleep };
