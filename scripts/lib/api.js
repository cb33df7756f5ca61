// The API process: its port, its readiness, and its end.
const { spawn } = require('node:child_process');
const http = require('node:http');
const { Failure, Interrupted } = require('./failure');
const { interruption } = require('./interruption');
const { nodeBinary } = require('./node-binary');
const { inRoot, root } = require('./paths');
const { portProblem } = require('./ports');
const { isAlive, recordOf, sleep, stopProcess } = require('./processes');
const { note, step } = require('./progress');
const { readState, updateState } = require('./state');

const DEFAULT_PORT = 8080;
const READY_MS = 60_000;
const POLL_MS = 50;
const FORCED_END_MS = 3000;

function readPort() {
  const text = process.env.PORT || String(DEFAULT_PORT);
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new Failure(`PORT is "${text}", which is not a port number.`, { todo: 'set PORT to 1..65535.' });
}

async function checkPort(port) {
  const problem = await portProblem(port);
  if (problem === null) return;
  const reason = problem === 'EADDRINUSE' ? 'is in use by another program' : `cannot be opened (${problem})`;
  throw new Failure(`PORT ${port} ${reason}.`, {
    todo: `stop that program, or choose another port: PORT=${port === 65535 ? port - 1 : port + 1} npm start`,
  });
}

/** An API whose starter was killed with -9 would hold the port forever. */
async function stopLeftOver() {
  const { api } = readState();
  if (!api || !isAlive(api) || isAlive(api.starter)) return;
  note(`stopping the API of an earlier run that ended without stopping it (pid ${api.pid})`);
  await stopProcess(api);
}

function isReady(port) {
  return new Promise((resolve) => {
    const request = http.get(
      { host: '127.0.0.1', port, path: '/health/ready', timeout: 1000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function startApi(env, port) {
  // In a session of its own: a Ctrl-C of the terminal reaches only us, and is passed on exactly once.
  const child = spawn(nodeBinary(), [inRoot('dist', 'main.js')], {
    cwd: root,
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
    );
  });
  if (child.pid)
    updateState((state) => (state.api = { ...recordOf(child.pid), starter: recordOf(process.pid) }));
  return { child, ended };
}

/** First signal: passed on, for an orderly end. A later one: passed on too, then everything of it is killed. */
function passSignalsOn({ child, ended }) {
  interruption.on('stop', (signal) => {
    process.stdout.write('\nStopping the API (Ctrl-C again forces it)\n');
    child.kill(signal);
  });
  interruption.on('force', async (signal) => {
    child.kill(signal);
    await Promise.race([ended, sleep(FORCED_END_MS, null, { ref: false })]);
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of the group is left.
    }
  });
}

async function waitUntilReady(port, ended) {
  const deadline = Date.now() + READY_MS;
  let outcome = null;
  ended.then((text) => (outcome = text));
  while (!(await isReady(port))) {
    if (interruption.requested) return;
    if (outcome)
      throw new Failure(`The API ${outcome} before it was ready.`, { todo: 'see its messages above.' });
    if (Date.now() > deadline) {
      throw new Failure(`The API was not ready within ${READY_MS / 1000} s (/health/ready).`, {
        todo: 'see its messages above.',
      });
    }
    await Promise.race([sleep(POLL_MS), ended]);
  }
}

/** Documents and metrics: on a port of their own if one is set; in production else nowhere. */
function operators(base, { MANAGEMENT_PORT, NODE_ENV }) {
  if (!MANAGEMENT_PORT && NODE_ENV === 'production') return '';
  const own = MANAGEMENT_PORT ? `http://localhost:${MANAGEMENT_PORT}` : base;
  return `
  Swagger UI      ${own}/docs
  OpenAPI         ${own}/openapi.json
  Metrics         ${own}/metrics`;
}

const welcome = (base, env) => `
The API is ready: ${base}/v1/api${operators(base, env)}
  Health          ${base}/health/ready

Try it:
  curl -X POST ${base}/v1/api/queue/token -H 'Content-Type: application/json' -d '{"userId":1}'

Ctrl-C stops it.
`;

/** @returns {Promise<number>} exit code: 0 after an orderly end that was asked for */
async function runUntilStopped(port, env) {
  if (interruption.requested) throw new Interrupted();
  const api = startApi(env, port);
  passSignalsOn(api);
  try {
    await step('start the API', () => waitUntilReady(port, api.ended), { inherits: true });
    if (!interruption.requested) process.stdout.write(welcome(`http://localhost:${port}`, env));
    const outcome = await api.ended;
    if (!interruption.requested)
      throw new Failure(`The API ${outcome}.`, { todo: 'see its messages above.' });
    return outcome.endsWith('exit code 0') ? 0 : 1;
  } catch (error) {
    if (api.child.exitCode === null && api.child.pid) await stopProcess(recordOf(api.child.pid));
    throw error;
  }
}

module.exports = { readPort, checkPort, stopLeftOver, runUntilStopped };
