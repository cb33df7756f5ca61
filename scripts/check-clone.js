// npm run check:clone: the commands of the README, run in a fresh clone of the last commit, and a table of how each ended.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readArguments } = require('./lib/arguments/arguments');
const { cases } = require('./lib/tests/clone-cases');
const { runMain } = require('./lib/running/failure');
const { interruption, listen, shouldAbandon } = require('./lib/running/interruption');
const { inRoot, root } = require('./lib/paths');
const { run } = require('./lib/running/run');

const USAGE = `npm run check:clone [-- --quick]   runs every command of the README in a fresh clone of the last commit
Without --quick it installs and builds everything there, starts MariaDB and Redis, and stops and removes all of it again.
  --quick   only what needs neither network nor services: help and wrong arguments, with this folder's node_modules`;

const PATIENCE_MS = 15 * 60_000;
/** Of Node itself. A reader of a command's output has no use for it. */
const WARNING = /\(node:\d+\)|\w+Warning:|\bDEP0\d+/;
const SHOWN_LINES = 15;

/** The clone must find its own services and its own dependencies, whatever runs this. */
function environment() {
  const urls = ['DATABASE_URL', 'DATABASE_ADMIN_URL', 'REDIS_URL', 'KAFKA_BROKERS', 'MANAGEMENT_TOKEN'];
  const isOurs = (name) => /^(npm_|JEST_|NODE_)/i.test(name) || urls.includes(name);
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
  const folders = (env.PATH ?? '').split(path.delimiter);
  env.PATH = folders
    .filter((folder) => !folder.endsWith(path.join('node_modules', '.bin')))
    .join(path.delimiter);
  for (const name of ['NODE_EXTRA_CA_CERTS', 'npm_config_registry', 'npm_config_cafile', 'npm_config_cache'])
    if (process.env[name] !== undefined) env[name] = process.env[name];
  return env;
}

/** @returns {Promise<{code: number|null, output: string, seconds: number}>} */
function runCase({ command, args }, folder, isQuick) {
  const [program, ...start] = isQuick
    ? ['node', `scripts/${command.replace(':', '-')}.js`]
    : ['npm', 'run', '--silent', command, '--'];
  const startedAt = Date.now();
  const child = spawn(program, [...start, ...args], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  const stop = () => child.kill('SIGTERM');
  const timer = setTimeout(kill, PATIENCE_MS);
  interruption.on('stop', stop).on('force', kill);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return new Promise((resolve) => {
    child.on('error', (error) => (output += error.message));
    child.on('close', (code) => {
      clearTimeout(timer);
      interruption.off('stop', stop).off('force', kill);
      resolve({ code, output, seconds: (Date.now() - startedAt) / 1000 });
    });
  });
}

function faultOf({ expected, words }, { code, output }) {
  if (code !== expected) return `exit code ${code} instead of ${expected}`;
  if (WARNING.test(output)) return 'a warning of Node';
  return words === undefined || output.includes(words) ? undefined : `without "${words}"`;
}

/** @returns {Promise<number>} how many commands did not end as they should */
async function runCases(all, folder, isQuick) {
  let failures = 0;
  for (const one of all) {
    if (shouldAbandon() && !one.always) continue;
    const ended = await runCase(one, folder, isQuick);
    const fault = faultOf(one, ended);
    const cells = [String(ended.code ?? '–').padStart(4), `${ended.seconds.toFixed(1)} s`.padStart(9)];
    const name = ['npm run', one.command, ...(one.args.length > 0 ? ['--', ...one.args] : [])].join(' ');
    process.stdout.write(`${cells.join('')}   ${name}${fault === undefined ? '' : `   WRONG: ${fault}`}\n`);
    if (fault === undefined) continue;
    failures += 1;
    process.stdout.write(
      `${ended.output.trim().split('\n').slice(-SHOWN_LINES).join('\n').replace(/^/gm, '       ')}\n`,
    );
  }
  return failures;
}

runMain(async () => {
  const options = { quick: { type: 'boolean', default: false } };
  const { quick } = readArguments({ usage: USAGE, options }).values;
  listen();
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'clone-'));
  const folder = path.join(parent, 'a fresh clone'); // blanks in a path break what does not quote
  try {
    await run('git', ['clone', '--quiet', '--no-hardlinks', root, folder], { what: 'git clone' });
    if (quick) fs.symlinkSync(inRoot('node_modules'), path.join(folder, 'node_modules'));
    process.stdout.write('exit  seconds   command\n');
    const failures = await runCases(cases({ isQuick: quick }), folder, quick);
    process.stdout.write(failures === 0 ? 'All ended as they should.\n' : `${failures} did not.\n`);
    return failures === 0 ? 0 : 1;
  } finally {
    fs.rmSync(parent, { recursive: true, force: true });
  }
});
