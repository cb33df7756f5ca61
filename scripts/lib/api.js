// The API process: its port, its readiness, and its end.
const { spawn } = require('node:child_process');
const http = require('node:http');
const net = require('node:net');
const { Failure, Interrupted } = require('./running/failure');
const { interruption } = require('./running/interruption');
const { nodeBinary } = require('./running/node-binary');
const { inRoot, root } = require('./paths');
const { freePort, OF_THE_PORT, portProblem } = require('./ports');
const { isAlive, recordOf, sleep, stopProcess } = require('./running/processes');
const { note, step } = require('./running/progress');
const { readState, updateState } = require('./state');

const DEFAULT_PORT = 8080;
const DEFAULT_HOST = '0.0.0.0';
const READY_MS = 60_000;
const POLL_MS = 50;
const FORCED_END_MS = 3000;
/** As the product's own check of its variables ends. */
const WRONG_VARIABLE = 2;

/** Of this machine's addresses, the one by which it reaches a server that listens on `host`. */
const reachable = (host) => ({ '0.0.0.0': '127.0.0.1', '::': '::1' })[host] ?? host;
/** As it stands in a URL: an IPv6 address in brackets, with its zone after an encoded %. */
const inUrl = (host) => (net.isIPv6(host) ? `[${host.replace('%', '%25')}]` : host);
const isEverywhere = (host) => ['0.0.0.0', '::'].includes(host);

/** @returns {number|undefined} what the variable says; undefined when it is empty */
function portOf(name, fallback) {
  const text = process.env[name] || fallback;
  if (text === undefined) return undefined;
  if (/^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new Failure(`${name} is "${text}", which is not a port number.`, {
    todo: `set ${name} to 1..65535, or 0 for a free one.`,
    code: WRONG_VARIABLE,
  });
}

/**
 * Where the API is to listen, as its own variables say. For port 0 a free one is chosen here, for it is shown and asked.
 * @returns {Promise<{HOST: string, PORT: string, MANAGEMENT_PORT?: string}>}
 */
async function readAddress() {
  const HOST = process.env.HOST || DEFAULT_HOST;
  const [port, managementPort] = [portOf('PORT', String(DEFAULT_PORT)), portOf('MANAGEMENT_PORT')];
  const choose = async (wanted) => String(wanted === 0 ? await freePort(undefined, HOST) : wanted);
  const PORT = await choose(port);
  if (managementPort === undefined) return { HOST, PORT };
  let MANAGEMENT_PORT = await choose(managementPort);
  while (managementPort === 0 && MANAGEMENT_PORT === PORT) MANAGEMENT_PORT = await choose(0);
  return { HOST, PORT, MANAGEMENT_PORT };
}

async function checkAddress({ HOST, ...ports }) {
  for (const [name, port] of Object.entries(ports)) {
    const problem = await portProblem(Number(port), HOST);
    if (problem === null) continue;
    if (!OF_THE_PORT.includes(problem))
      throw new Failure(`HOST "${HOST}" cannot be listened on (${problem}).`, {
        todo: 'set HOST to an address of this machine (IPv6 without brackets), or leave it empty for all.',
      });
    const reason =
      problem === 'EADDRINUSE' ? 'is in use by another program' : `cannot be opened (${problem})`;
    throw new Failure(`${name} ${port} ${reason}.`, {
      todo: `stop that program, or choose another port: ${name}=${port === '65535' ? 65534 : Number(port) + 1} npm start`,
    });
  }
}

/** An API whose starter was killed with -9 would hold the port forever. */
async function stopLeftOver() {
  const { api } = readState();
  if (!api || !isAlive(api) || isAlive(api.starter)) return;
  note(`stopping the API of an earlier run that ended without stopping it (pid ${api.pid})`);
  await stopProcess(api);
}

function isReady({ HOST, PORT }) {
  return new Promise((resolve) => {
    const request = http.get(
      { host: reachable(HOST), port: PORT, path: '/health/ready', timeout: 1000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function startApi(env, address) {
  // In a separate session: a Ctrl-C of the terminal reaches only us, and is passed on exactly once.
  const child = spawn(nodeBinary(), [inRoot('dist', 'main.js')], {
    cwd: root,
    env: { ...env, ...address },
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

async function waitUntilReady(address, ended) {
  const deadline = Date.now() + READY_MS;
  let outcome = null;
  ended.then((text) => (outcome = text));
  while (!(await isReady(address))) {
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

/** How the host stands in the URLs that are shown. */
const shown = (host) => (isEverywhere(host) ? 'localhost' : inUrl(host));

/** For operators: on a separate port if one is set; in production else nowhere. */
function operators(base, { MANAGEMENT_PORT, HOST }) {
  const { NODE_ENV, ROLE } = process.env;
  if (!MANAGEMENT_PORT && NODE_ENV === 'production') return '';
  const own = MANAGEMENT_PORT ? `http://${shown(HOST)}:${MANAGEMENT_PORT}` : base;
  const page = ROLE === 'web' ? '' : `\n  Operator's page ${own}/operator`;
  return `${page}
  Swagger UI      ${own}/docs
  OpenAPI         ${own}/openapi.json
  Metrics         ${own}/metrics`;
}

/** What is printed when the API is ready. */
function welcome(address) {
  const base = `http://${shown(address.HOST)}:${address.PORT}`;
  const page = process.env.ROLE === 'worker' ? '' : `\n  Buyer's page    ${base}/`;
  return `
The API is ready: ${base}/v1/api${page}${operators(base, address)}
  Health          ${base}/health/ready

Try it:
  curl -X POST ${base}/v1/api/queue/token -H 'Content-Type: application/json' -d '{"userId":1}'

Ctrl-C stops it.
`;
}

/** @returns {Promise<number>} exit code: 0 after an orderly end that was asked for */
async function runUntilStopped(address, env) {
  if (interruption.requested) throw new Interrupted();
  const api = startApi(env, address);
  passSignalsOn(api);
  try {
    await step('start the API', () => waitUntilReady(address, api.ended), { inherits: true });
    if (!interruption.requested) process.stdout.write(welcome(address));
    const outcome = await api.ended;
    if (!interruption.requested)
      throw new Failure(`The API ${outcome}.`, { todo: 'see its messages above.' });
    return outcome.endsWith('exit code 0') ? 0 : 1;
  } catch (error) {
    if (api.child.exitCode === null && api.child.pid) await stopProcess(recordOf(api.child.pid));
    throw error;
  }
}

module.exports = { readAddress, checkAddress, stopLeftOver, runUntilStopped, welcome };
