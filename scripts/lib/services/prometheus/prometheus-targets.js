// What Prometheus is to scrape: a file per target, which it looks at every 2 seconds.
const fs = require('node:fs');
const { inServices } = require('../../paths');

const folder = inServices('prometheus', 'targets');
const fileOf = (name) => `${folder}/${name}.json`;

/** @param {string} name of the target, for its file @param {string} address host:port @param {string} job its label */
function add(name, address, job) {
  fs.mkdirSync(folder, { recursive: true });
  // Written aside and renamed: half a file would be an error to Prometheus.
  const aside = `${folder}/${name}.${process.pid}`;
  fs.writeFileSync(aside, JSON.stringify([{ targets: [address], labels: { job } }]));
  fs.renameSync(aside, fileOf(name));
}

function remove(name) {
  fs.rmSync(fileOf(name), { force: true });
}

module.exports = { targets: { add, remove }, targetFiles: fileOf('*') };
