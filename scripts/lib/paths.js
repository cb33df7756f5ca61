// Where everything lies. `.services` is git-ignored: data, logs, passwords and pids of what these scripts start.
const path = require('node:path');

const root = path.resolve(__dirname, '..', '..');
const servicesDir = path.join(root, '.services');

module.exports = {
  root,
  servicesDir,
  stateFile: path.join(servicesDir, 'state.json'),
  secretsFile: path.join(servicesDir, 'secrets.json'),
  lockFile: path.join(servicesDir, 'prepare.lock'),
  inRoot: (...parts) => path.join(root, ...parts),
  inServices: (...parts) => path.join(servicesDir, ...parts),
};
