const fs = require('node:fs');
const { bundled, bundledNodeRuns, pathWithoutBundledBin } = require('./running/node-binary');
const { inRoot } = require('./paths');
const { step } = require('./running/progress');
const { run } = require('./running/run');

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

/**
 * Compares package-lock.json with npm's own record of what it installed (written last, so never half true).
 * Optional packages may be absent: those for other platforms are.
 */
function installedMatchesLock() {
  const wanted = readPackages(inRoot('package-lock.json'));
  const installed = readPackages(inRoot('node_modules', '.package-lock.json'));
  if (!wanted || !installed) return false;
  return Object.entries(wanted).every(([name, entry]) => {
    if (name === '') return true;
    const found = installed[name];
    if (!found) return Boolean(entry.optional);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/** `npm ci` when node_modules is missing or is not what package-lock.json says. */
async function ensureDependencies() {
  if (installedMatchesLock()) return;
  await step('install npm dependencies', async () => {
    // Development packages hold the compiler: NODE_ENV=production must not leave them out. The log level is set
    // because "npm run --silent" would hand its own down, and hide the reason of a failure.
    await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
      env: { ...process.env, PATH: pathWithoutBundledBin() },
      what: 'npm ci',
      patienceMs: 1000, // npm would go on to the end and then roll back; a half-filled folder is replaced anyway
      todo: 'check the network and the npm registry settings (npm ping), then run this again.',
    });
    // npm puts node_modules/.bin first on PATH: a Node there that cannot run would break every npm script.
    if (!bundledNodeRuns()) fs.rmSync(bundled, { force: true });
  });
}

module.exports = { ensureDependencies };
