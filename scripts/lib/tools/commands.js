// Where a program is: its variable, the PATH, or what was made here before (tools.js).
const fs = require('node:fs');
const path = require('node:path');
const { Failure } = require('../running/failure');
const { inServices } = require('../paths');

// Servers lie in sbin folders, which the PATH of an ordinary user leaves out.
const EXTRA_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const VARIABLES = {
  k6: 'K6',
  promtool: 'PROMTOOL',
  prometheus: 'PROMETHEUS',
  influxd: 'INFLUXD',
  kubeconform: 'KUBECONFORM',
  chromium: 'CHROMIUM',
  nginx: 'NGINX',
  varnishd: 'VARNISHD',
  curl: 'CURL',
  jq: 'JQ',
};
/** Where a program has another name, the best first: Chromium without its windows needs a third of the time for a page. */
const NAMES = { chromium: ['chromium-headless-shell', 'chromium'] };
const toolsDir = inServices('tools');

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** @returns {string|undefined} its path */
function findCommand(name) {
  const variable = VARIABLES[name];
  const given = variable && process.env[variable];
  if (given) {
    if (isExecutable(given)) return path.resolve(given);
    throw new Failure(`${variable} is "${given}", which is no program.`, {
      todo: `correct it, or unset it to let this command find or get ${name}.`,
    });
  }
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return (NAMES[name] ?? [name])
    .flatMap((file) => [...folders, ...EXTRA_FOLDERS, toolsDir].map((folder) => path.resolve(folder, file)))
    .find(isExecutable);
}

module.exports = { findCommand, toolsDir, VARIABLES };
