const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { inRoot } = require('../paths');

const bundled = inRoot('node_modules', '.bin', 'node');

/** Whether the Node that comes as an npm dependency is there and fit for this machine (it is not on musl). */
function bundledNodeRuns() {
  try {
    execFileSync(bundled, ['-v'], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

/** The Node for everything we start: the one the lock file pins, else the one that runs this script. */
function nodeBinary() {
  return bundledNodeRuns() ? bundled : process.execPath;
}

/** PATH without node_modules/.bin: npm must not run on the very Node it is about to replace. */
function pathWithoutBundledBin() {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.endsWith(path.join('node_modules', '.bin')))
    .join(path.delimiter);
}

module.exports = { nodeBinary, bundledNodeRuns, bundled, pathWithoutBundledBin };
