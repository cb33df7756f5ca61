// Charts as Helm installs them: with the charts that they are made of, and k6 with its scripts. In the repository a chart
// names its parts by file://, which `helm dependency build`, Argo CD and Flux resolve; no link has to be followed.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { inRoot } = require('../paths');
const { Failure } = require('../running/failure');

const CHARTS = inRoot('charts');
/** What the repository has of a chart, and its package has not. */
const LEFT_OUT = {
  '': ['charts', 'Chart.lock', '.helmignore'],
  grafana: ['src', 'package.json', 'tsconfig.json'],
  prometheus: ['rules/tests'],
};

/** @returns {string[]} charts that can be installed */
const installable = () =>
  fs
    .readdirSync(CHARTS)
    .filter((name) => name !== 'common' && fs.existsSync(path.join(CHARTS, name, 'Chart.yaml')))
    .sort();

/** @returns {string[]} the charts that a chart is made of */
const partsOf = (name) =>
  [
    ...fs
      .readFileSync(path.join(CHARTS, name, 'Chart.yaml'), 'utf8')
      .matchAll(/^ +repository: file:\/\/\.\.\/([\w-]+)$/gm),
  ].map(([, part]) => part);

function copyScripts(to) {
  const isScript = (name) => name.endsWith('.ts') && !name.endsWith('.d.ts');
  for (const folder of ['.', 'lib'])
    for (const name of fs.readdirSync(inRoot('k6', folder)).filter(isScript))
      fs.cpSync(inRoot('k6', folder, name), path.join(to, folder, name));
}

/** Writes the whole chart to `<folder>/<name>`. @returns {string} that path */
function assemble(name, folder) {
  const from = path.join(CHARTS, name);
  const to = path.join(folder, name);
  const leftOut = [...LEFT_OUT[''], ...(LEFT_OUT[name] ?? [])].map((file) => path.join(from, file));
  fs.rmSync(to, { recursive: true, force: true });
  fs.cpSync(from, to, { recursive: true, filter: (file) => !leftOut.includes(file) });
  if (name === 'k6') copyScripts(path.join(to, 'scripts'));
  for (const part of partsOf(name)) assemble(part, path.join(to, 'charts'));
  return to;
}

const OWN_IMAGE = /^image:\n {2}repository: \S+\n {2}tag: \S+\n( {2}#.*\n) {2}digest: ''$/m;
const REFERENCE = /^([^@\s]+):([\w][\w.-]*)(?:@(sha256:[0-9a-f]{64}))?$/;

/** Names another image of the product in the values. @throws Failure for what is not repository:tag[@digest] */
function nameImage(chart, image) {
  const [, repository, tag, digest = ''] = REFERENCE.exec(image) ?? [];
  if (repository === undefined)
    throw new Failure(`"${image}" is no image.`, {
      todo: 'registry.example/concert-api:1.2.3, and @sha256:… behind it if that is to be pinned.',
    });
  const file = path.join(chart, 'values.yaml');
  const text = fs.readFileSync(file, 'utf8');
  if (!OWN_IMAGE.test(text)) throw new Failure(`${file} has no place for the image.`);
  const named = (_, comment) =>
    `image:\n  repository: ${repository}\n  tag: '${tag}'\n${comment}  digest: '${digest}'`;
  fs.writeFileSync(file, text.replace(OWN_IMAGE, named));
}

/**
 * What is written is first removed, so it must be what an earlier run has written: in the checkout the scripts of k6 and the
 * charts themselves have the same names.
 * @throws Failure for a folder that has something else of a chart's name
 */
function demandOnlyPacked(folder) {
  const isOther = (it) =>
    fs.existsSync(it) &&
    (!fs.existsSync(path.join(it, 'Chart.yaml')) || path.dirname(fs.realpathSync(it)) === CHARTS);
  const other = installable()
    .map((name) => path.join(folder, name))
    .find(isOther);
  if (other !== undefined)
    throw new Failure(`${other} was not written by an earlier run: it would be removed.`, {
      todo: 'name a folder for the charts alone; it is made.',
    });
}

/**
 * Writes all charts to `folder`, whole.
 * @param {string} [image] of the product, in place of the one that is built here
 * @throws Failure before anything is changed
 */
function assembleAll(folder, image) {
  demandOnlyPacked(folder);
  for (const name of installable()) assemble(name, folder);
  if (image === undefined) return;
  for (const chart of ['concert-api', 'concert/charts/concert-api'])
    nameImage(path.join(folder, chart), image);
}

let own;
/** @returns {string} a folder with all charts, whole; it is deleted when this process ends */
function assembledCharts() {
  if (own === undefined) {
    own = fs.mkdtempSync(path.join(os.tmpdir(), 'concert-charts-'));
    process.on('exit', () => fs.rmSync(own, { recursive: true, force: true }));
    assembleAll(own);
  }
  return own;
}

module.exports = { assembleAll, assembledCharts };
