// Ctrl-C, SIGTERM and SIGHUP in one place: the first asks for an orderly end, a later one for a forced end.
const fs = require('node:fs');
const { EventEmitter } = require('node:events');

// The terminal and npm both deliver the same Ctrl-C to us: signals this close together are one.
const SAME_SIGNAL_MS = 500;
const NPM_WATCH_MS = 1000;

/** Emits 'stop' (signal) once, then 'force' (signal) for each later request. */
const interruption = new EventEmitter();
interruption.setMaxListeners(50);
interruption.requested = false;
/** Set when only cleaning up is left: that is done in any case. */
interruption.cleaningUp = false;

const shouldAbandon = () => interruption.requested && !interruption.cleaningUp;

let lastSignalAt = 0;

function request(signal) {
  const now = Date.now();
  if (now - lastSignalAt < SAME_SIGNAL_MS) return;
  lastSignalAt = now;
  const event = interruption.requested ? 'force' : 'stop';
  interruption.requested = true;
  interruption.emit(event, signal);
}

/** Our parent, and behind the shell that npm puts between (Linux only) npm itself. */
function ancestry() {
  const parent = process.ppid;
  try {
    const isShell = /^(sh|dash|bash)$/.test(fs.readFileSync(`/proc/${parent}/comm`, 'utf8').trim());
    const stat = fs.readFileSync(`/proc/${parent}/stat`, 'utf8');
    return isShell ? `${parent} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}` : String(parent);
  } catch {
    return String(parent);
  }
}

/** An npm that was killed, or whose SIGTERM reached only its shell, passes no signal on: that counts as SIGTERM. */
function watchNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const before = ancestry();
  const timer = setInterval(() => {
    if (ancestry() === before) return;
    clearInterval(timer);
    if (!interruption.requested) request('SIGTERM');
  }, NPM_WATCH_MS);
  timer.unref();
}

function listen() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => request(signal));
  watchNpm();
}

module.exports = { interruption, shouldAbandon, listen };
