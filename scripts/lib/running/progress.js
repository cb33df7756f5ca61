// One line per step with its time. On a terminal the running step is shown too, and overwritten by its result.
const { Interrupted } = require('./failure');
const { shouldAbandon } = require('./interruption');

const finished = [];
let stream = process.stdout;

/** Commands whose stdout is read by a shell (`services up`) show their progress on stderr. */
function toStderr() {
  stream = process.stderr;
}

function clearRunning() {
  if (stream.isTTY) stream.write('\r\x1b[K');
}

function showRunning(label) {
  if (stream.isTTY) stream.write(`[   ...  ] ${label}`);
}

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

function note(text) {
  clearRunning();
  stream.write(`           ${text}\n`);
}

/**
 * Runs `work` as a named step. A string it returns is shown behind the name.
 * @param {string} label @param {() => Promise<unknown>} work
 * @param {{inherits?: boolean}} [options] inherits: the step writes to the terminal itself, so nothing is overwritten
 */
async function step(label, work, { inherits = false } = {}) {
  if (shouldAbandon()) throw new Interrupted();
  const start = Date.now();
  const finish = (outcome, ok) => {
    const ms = Date.now() - start;
    finished.push({ label, ms, ok });
    clearRunning();
    stream.write(`[${seconds(ms).padStart(8)}] ${label}${outcome}\n`);
  };
  clearRunning();
  if (!inherits) showRunning(label);
  try {
    const result = await work();
    finish(typeof result === 'string' && result ? `: ${result}` : '', true);
    return result;
  } catch (error) {
    const interrupted = shouldAbandon() || error instanceof Interrupted;
    finish(interrupted ? ': interrupted' : ': FAILED', false);
    throw interrupted ? new Interrupted() : error;
  }
}

/** "dependencies 0.1 s, services 9.8 s, check 20.1 s FAILED" */
function summary() {
  return finished.map(({ label, ms, ok }) => `${label} ${seconds(ms)}${ok ? '' : ' FAILED'}`).join(', ');
}

module.exports = { step, note, summary, toStderr };
