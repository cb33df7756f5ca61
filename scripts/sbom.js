// npm run sbom: what the image holds, as CycloneDX. `npm sbom --omit=dev` leaves out what a development dependency needs
// as well (npm 11), so it is asked about a package that has no development dependencies.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readArguments } = require('./lib/arguments');
const { runMain } = require('./lib/failure');
const { inRoot } = require('./lib/paths');
const { run } = require('./lib/run');

runMain(async () => {
  readArguments({ usage: 'npm run sbom   what the image holds, as CycloneDX' });
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'sbom-'));
  try {
    const production = { ...require('../package.json'), devDependencies: {} };
    fs.writeFileSync(path.join(cwd, 'package.json'), JSON.stringify(production));
    for (const file of ['package-lock.json', '.npmrc']) fs.copyFileSync(inRoot(file), path.join(cwd, file));
    const lockOnly = ['--package-lock-only', '--omit=optional'];
    await run('npm', ['prune', '--offline', '--ignore-scripts', ...lockOnly], { cwd });
    process.stdout.write(await run('npm', ['sbom', '--sbom-format=cyclonedx', ...lockOnly], { cwd }));
  } finally {
    fs.rmSync(cwd, { recursive: true, force: true });
  }
});
