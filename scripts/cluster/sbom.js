// npm run cluster -- sbom: what the image holds, as CycloneDX. `npm sbom --omit=dev` also leaves out a production package
// that a development package needs (npm 11), so it runs on a copy of package.json without development dependencies.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readArguments } = require('../lib/arguments/arguments');
const { listen } = require('../lib/running/interruption');
const { inRoot } = require('../lib/paths');
const { run: runProgram } = require('../lib/running/run');

const USAGE = 'npm run --silent cluster -- sbom   prints what the image holds, as CycloneDX';

async function run(args) {
  readArguments({ args, usage: USAGE });
  listen(); // else a signal would leave the folder and npm behind
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'sbom-'));
  try {
    const production = { ...require('../../package.json'), devDependencies: {} };
    fs.writeFileSync(path.join(cwd, 'package.json'), JSON.stringify(production));
    for (const file of ['package-lock.json', '.npmrc']) fs.copyFileSync(inRoot(file), path.join(cwd, file));
    const lockOnly = ['--package-lock-only', '--omit=optional'];
    await runProgram('npm', ['prune', '--offline', '--ignore-scripts', ...lockOnly], { cwd });
    process.stdout.write(await runProgram('npm', ['sbom', '--sbom-format=cyclonedx', ...lockOnly], { cwd }));
  } finally {
    fs.rmSync(cwd, { recursive: true, force: true });
  }
}

module.exports = { about: 'prints what the image holds (CycloneDX)', usage: USAGE, run };
