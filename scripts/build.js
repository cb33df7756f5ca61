// Compiles src/ to dist/, and the pages of web/ to dist/web, when something changed. `--force` compiles in any case.
const fs = require('node:fs');
const path = require('node:path');
const { readArguments } = require('./lib/arguments/arguments');
const { Failure, runMain } = require('./lib/running/failure');
const { nodeBinary } = require('./lib/running/node-binary');
const { inRoot } = require('./lib/paths');
const { step } = require('./lib/running/progress');
const { run } = require('./lib/running/run');
const { buildWeb } = require('./lib/web');

const STAMP = inRoot('dist', '.build-stamp');
const BUILD_INFO = inRoot('dist', '.tsbuildinfo');
const FOLDERS = ['src', 'web'];
const INPUTS = [...FOLDERS, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const WEB_PROJECTS = ['web', 'web/worker'];
const ASSETS = ['.lua', '.sql'];

function listFiles(folder) {
  if (!fs.existsSync(folder)) return [];
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)));
}

/** Folders count too: their time changes when a file is deleted or renamed. */
function newestInputMs() {
  const changedMs = (file) => fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Math.max(
    ...INPUTS.flatMap((name) => [
      changedMs(inRoot(name)),
      ...(FOLDERS.includes(name)
        ? fs.readdirSync(inRoot(name), { recursive: true }).map((file) => changedMs(inRoot(name, file)))
        : []),
    ]),
  );
}

const isUpToDate = () => newestInputMs() < (fs.statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs ?? 0);

function copyAssets() {
  for (const file of listFiles(inRoot('src')).filter((name) => ASSETS.includes(path.extname(name)))) {
    fs.mkdirSync(inRoot('dist', path.dirname(file)), { recursive: true });
    fs.copyFileSync(inRoot('src', file), inRoot('dist', file));
  }
}

/** Files without a source are deleted: an old migration in dist would still be run. */
function removeOrphans() {
  for (const file of listFiles(inRoot('dist'))) {
    if (file.startsWith('.') || file.startsWith(`web${path.sep}`)) continue;
    const source = file.replace(/\.js(\.map)?$/, '.ts');
    if (!fs.existsSync(inRoot('src', source))) fs.rmSync(inRoot('dist', file));
  }
}

/** `isChecked: false`: types are checked elsewhere at the same time. */
async function compile({ isChecked }) {
  const compiler = inRoot('node_modules', 'typescript-7', 'bin', 'tsc');
  if (!fs.existsSync(compiler)) throw new Failure('The compiler is not installed.', { todo: 'run npm ci' });
  // The stamp has the time of the start, so that what changes while tsc runs is compiled next time.
  const startedAt = new Date();
  // Without a stamp dist may lack files that tsc's records list as written.
  if (!fs.existsSync(STAMP)) fs.rmSync(BUILD_INFO, { force: true });
  fs.rmSync(STAMP, { force: true });
  const flags = isChecked ? [] : ['--noCheck'];
  const how = { what: 'The build (tsc)', todo: 'correct the errors above.' };
  await run(nodeBinary(), [compiler, '-p', 'tsconfig.build.json', '--pretty', 'false', ...flags], how);
  // esbuild looks at no types: a text that one language lacks is found here.
  if (isChecked)
    for (const folder of WEB_PROJECTS)
      await run(nodeBinary(), [compiler, '-p', folder, '--noEmit', '--pretty', 'false'], how);
  await buildWeb();
  copyAssets();
  removeOrphans();
  fs.writeFileSync(STAMP, '');
  fs.utimesSync(STAMP, startedAt, startedAt);
}

/** @param {{force?: boolean, isChecked?: boolean}} [options] */
async function build({ force = false, isChecked = true } = {}) {
  if (force) fs.rmSync(STAMP, { force: true });
  else if (isUpToDate()) return;
  await step('build', () => compile({ isChecked }));
}

module.exports = { build, isUpToDate };

if (require.main === module)
  runMain(() => {
    const usage =
      'node scripts/build.js [--force]   compiles src/ and web/ to dist/ when something changed; --force: in any case';
    const { values } = readArguments({ usage, options: { force: { type: 'boolean', default: false } } });
    return build(values);
  });
