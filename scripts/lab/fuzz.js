// npm run lab -- fuzz: sends a started product whatever its API document allows and forbids (docs/security.md).
const { spawn } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');
const { misuse } = require('../lib/arguments/arguments');
const { build } = require('../build');
const { toolsDir } = require('../lib/tools/commands');
const { freshDatabase } = require('../lib/database');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { withLock } = require('../lib/running/lock');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { recordOf, sleep, stopProcess } = require('../lib/running/processes');
const { step } = require('../lib/running/progress');
const { exitCodeOf, run: runProgram } = require('../lib/running/run');
const { ensureServices, release } = require('../lib/services');
const { ensurePackages } = require('../lib/services/packages');

const WHAT = 'npm run lab -- fuzz';
const SCHEMATHESIS = '4.32.5';
const PYTHON = { title: 'Python', packages: { commands: ['python3'], debian: ['python3', 'python3-venv'] } };
/** The database is new each time, Redis is not. */
const QUEUE_ID = `fuzz-${Date.now().toString(36)}`;
const USERS = 2000;
const PROGRAMME = { concerts: 3, dates: 2, seats: 200 };
const READY_MS = 60_000;
const LISTENING = /^\{.*"msg":"listening".*\}$/;

/** @returns {Promise<string>} its program, in a separate virtual environment under .services/tools */
async function schemathesis() {
  const venv = path.join(toolsDir, `schemathesis-${SCHEMATHESIS}`);
  const program = path.join(venv, 'bin', 'schemathesis');
  if (fs.existsSync(program)) return program;
  await ensurePackages([PYTHON]);
  await step(`get schemathesis ${SCHEMATHESIS}`, async () => {
    fs.mkdirSync(toolsDir, { recursive: true });
    fs.rmSync(venv, { recursive: true, force: true }); // what was begun and not finished
    const todo = 'on Debian and Ubuntu, install python3-venv; else check the network.';
    await runProgram('python3', ['-m', 'venv', venv], { what: 'python3 -m venv', todo });
    const pip = ['install', '--quiet', '--disable-pip-version-check', `schemathesis==${SCHEMATHESIS}`];
    await runProgram(path.join(venv, 'bin', 'pip'), pip, { what: 'pip install', todo });
  });
  return program;
}

/** As in production, but with room for every user. Its log is a file. */
async function startProduct(env, logFile) {
  const child = spawn(nodeBinary(), [inRoot('dist', 'main.js')], {
    env: {
      ...env,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      ROLE: 'all',
      KAFKA_BROKERS: '',
      LOG_LEVEL: 'info',
      QUEUE_ID,
      QUEUE_MAX_ACTIVE: '1000000',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout.pipe(fs.createWriteStream(logFile));
  const stop = () => stopProcess(recordOf(child.pid));
  try {
    const ports = await portsOf(child);
    const url = `http://127.0.0.1:${ports.port}`;
    for (const deadline = Date.now() + READY_MS; !(await fetch(`${url}/health/ready`)).ok; await sleep(100))
      if (Date.now() > deadline) throw new Failure('The product is not ready.');
    return { url, managementUrl: `http://127.0.0.1:${ports.managementPort}`, stop };
  } catch (error) {
    await stop();
    if (error instanceof Failure) throw new Failure(error.message, { todo: `see ${logFile}.` });
    throw error;
  }
}

const portsOf = (child) =>
  new Promise((resolve, reject) => {
    readline.createInterface({ input: child.stdout }).on('line', (line) => {
      const { port, managementPort } = LISTENING.test(line) ? JSON.parse(line) : {};
      if (port) resolve({ port, managementPort });
    });
    child.once('exit', (code) => reject(new Failure(`The product ended with ${code}.`)));
  });

async function prepare() {
  const program = await schemathesis();
  const urls = await ensureServices(['mariadb', 'redis'], { what: WHAT, forTests: true });
  await build();
  const env = { ...process.env, ...urls, TZ: 'UTC' };
  env.TOKEN_SECRET = crypto.randomBytes(48).toString('base64url');
  await step('a separate database with users and seats', async () => {
    const seed = Object.entries({ users: USERS, ...PROGRAMME }).flatMap(([name, n]) => [
      `--${name}`,
      String(n),
    ]);
    Object.assign(env, await freshDatabase(urls, { suffix: 'fuzz', seed, env }));
  });
  return { program, env };
}

/** What lab/fuzz/hooks.py needs to know. */
const variablesOfHooks = (url) => ({
  SCHEMATHESIS_HOOKS: inRoot('lab', 'fuzz', 'hooks.py'),
  API_URL: url,
  API_USERS: String(USERS),
  API_SCHEDULES: String(PROGRAMME.concerts * PROGRAMME.dates),
  API_SEATS: String(PROGRAMME.seats),
});

/** schemathesis prints what went wrong; the verification prints what broke in the product. */
async function fuzz({ program, env }, args) {
  const folder = inRoot('results', `fuzz-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}`);
  fs.mkdirSync(folder, { recursive: true });
  const product = await step('start the product', () => startProduct(env, path.join(folder, 'product.log')));
  try {
    const options = ['--url', product.url, '--report', 'junit,ndjson', '--report-dir', folder, ...args];
    const config = ['--config-file', inRoot('lab', 'fuzz', 'schemathesis.toml')];
    const document = `${product.managementUrl}/openapi.json`;
    const asked = await exitCodeOf(program, [...config, 'run', document, ...options], {
      env: { ...process.env, ...variablesOfHooks(product.url) },
      cwd: folder, // for what it remembers of earlier failures
    });
    const verify = [inRoot('dist', 'cli', 'verify.js'), '--queue', QUEUE_ID];
    return (
      (await exitCodeOf(nodeBinary(), verify, { env: { ...env, QUEUE_ID, KAFKA_BROKERS: '' } })) || asked
    );
  } finally {
    await product.stop();
  }
}

const USAGE = `npm run lab -- fuzz [--OPTION …]   sends a started product whatever its API document allows and forbids
The options are those of "schemathesis run": --phases, --max-examples N, --seed N, …`;

async function run(args) {
  if (args[0] !== undefined && !args[0].startsWith('-')) throw misuse(`There is no "${args[0]}".`, USAGE);
  listen();
  await ensureDependencies();
  try {
    return await fuzz(await withLock(prepare), args);
  } finally {
    await release();
  }
}

module.exports = { about: 'sends whatever the API document allows and forbids', usage: USAGE, run };
