const { spawn } = require('node:child_process');
const { Failure, Interrupted } = require('./failure');
const { interruption, shouldAbandon } = require('./interruption');
const { root } = require('../paths');

const HEAD_LINES = 12;
const TAIL_LINES = 15;

/** The beginning and the end of a command's output: one of them usually holds the reason. */
function excerpt(text) {
  const lines = text.trim().split('\n');
  if (lines.length <= HEAD_LINES + TAIL_LINES) return lines.join('\n');
  return [...lines.slice(0, HEAD_LINES), '…', ...lines.slice(-TAIL_LINES)].join('\n');
}

/**
 * Runs a command to its end; its output is kept and shown only when it fails, or passed through with `inherit`.
 * @param {string} command @param {string[]} args
 * @param {{env?: object, cwd?: string, inherit?: boolean, timeoutMs?: number, withStderr?: boolean, wholeOutput?: boolean,
 *   what?: string, todo?: string, patienceMs?: number, signal?: AbortSignal, onOutput?: (text: string) => void}} [options]
 *   wholeOutput: a failure shows all of it, not only its beginning and end; what: the command's name in messages;
 *   todo: advice when it fails;
 *   patienceMs: after a signal, how long until it is killed (else a second signal does that); signal: ends it as well
 * @returns {Promise<string>} stdout (`withStderr`: and stderr); rejects with Failure (carrying the exit code) or Interrupted
 */
function run(command, args, options = {}) {
  const {
    env = process.env,
    cwd = root,
    inherit = false,
    timeoutMs,
    patienceMs,
    withStderr = false,
    wholeOutput = false,
    what = command,
    todo = '',
    signal,
    onOutput = () => {},
  } = options;
  return new Promise((resolve, reject) => {
    if (shouldAbandon()) return reject(new Interrupted());
    let stdout = '';
    let output = '';
    const stdio = inherit ? 'inherit' : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { env, cwd, stdio, ...(signal && { signal }) });
    let patience;
    const kill = () => shouldAbandon() && child.kill('SIGKILL');
    const stop = (name) => {
      if (!shouldAbandon()) return;
      child.kill(name);
      if (patienceMs) patience = setTimeout(kill, patienceMs);
    };
    interruption.on('stop', stop).on('force', kill);
    const timer = timeoutMs && setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.stdout?.on('data', (data) => {
      stdout += data;
      output += data;
    });
    child.stderr?.on('data', (data) => {
      output += data;
      onOutput(String(data));
    });
    const finish = (settle) => {
      clearTimeout(timer);
      clearTimeout(patience);
      interruption.off('stop', stop).off('force', kill);
      settle();
    };
    child.on('error', (error) =>
      finish(() => reject(new Failure(`${what} could not be started: ${error.message}`, { todo }))),
    );
    child.on('close', (code, killedBy) =>
      finish(() => {
        if (code === 0) return resolve(withStderr ? output : stdout);
        if (shouldAbandon()) return reject(new Interrupted());
        const end = killedBy ? `was ended by ${killedBy}` : `failed with exit code ${code}`;
        reject(
          new Failure(`${what} ${end}.`, {
            details: wholeOutput ? output : excerpt(output),
            todo,
            code: code ?? 1,
          }),
        );
      }),
    );
  });
}

/** Runs a program that says itself what goes wrong; its output is passed through. @returns {Promise<number>} its exit code */
async function exitCodeOf(command, args, options = {}) {
  try {
    await run(command, args, { ...options, inherit: true });
    return 0;
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}

/** True when the command exists and ends with code 0 in time. */
async function succeeds(command, args, timeoutMs = 5000) {
  try {
    await run(command, args, { timeoutMs });
    return true;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return false;
  }
}

module.exports = { run, exitCodeOf, succeeds, excerpt };
