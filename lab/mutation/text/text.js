// Tries the mutants of SQL and Lua, one after another, each in a copy of the code.
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { Failure } = require('../../../scripts/lib/running/failure');
const { findCommand } = require('../../../scripts/lib/tools/commands');
const { nodeBinary } = require('../../../scripts/lib/running/node-binary');
const { inRoot, inServices } = require('../../../scripts/lib/paths');
const { freePort } = require('../../../scripts/lib/ports');
const { note } = require('../../../scripts/lib/running/progress');
const { run } = require('../../../scripts/lib/running/run');
const { jestConfig, orderOf } = require('../jest');
const { describeMutant, isSame } = require('../report');
const { takeSample } = require('../sample');
const { textMutants } = require('./text-mutants');

const COPIED = ['src', 'test', 'scripts', 'jest.config.js', 'package.json', 'tsconfig.json'];
const LEAST_LIMIT_MS = 40_000;
const LIMIT_FACTOR = 4;

/** @returns a function that gives the path of a file of the copy */
function makeCopy({ name: area, textTests }) {
  const copyOf = (...parts) => inServices(`mutants-${area}`, ...parts);
  fs.rmSync(copyOf(), { recursive: true, force: true });
  for (const name of COPIED) fs.cpSync(inRoot(name), copyOf(name), { recursive: true });
  fs.symlinkSync(inRoot('node_modules'), copyOf('node_modules'));
  const config = { ...jestConfig(textTests), rootDir: copyOf() };
  fs.writeFileSync(copyOf('jest.mutants.json'), JSON.stringify(config));
  return copyOf;
}

async function withOwnRedis(env, work) {
  const program = findCommand('redis-server');
  if (!program) throw new Failure('Mutants of Lua need redis-server on this machine.');
  const port = String(await freePort());
  const child = spawn(program, ['--port', port, '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' });
  try {
    return await work({ ...env, REDIS_URL: `redis://127.0.0.1:${port}` });
  } finally {
    child.kill('SIGKILL');
  }
}

/** The first test that failed; undefined when the run did not come so far. */
function firstFailure(reportFile) {
  try {
    const { testResults } = JSON.parse(fs.readFileSync(reportFile, 'utf8'));
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    return results.find(({ status }) => status === 'failed')?.fullName;
  } catch {
    return undefined;
  }
}

/** @returns {Promise<{status: 'survived'|'killed'|'timeout', by?: string, details?: string}>} */
async function runTests({ textTests, ownRedis }, copyOf, env, timeoutMs) {
  const jest = inRoot('node_modules', 'jest', 'bin', 'jest.js');
  const config = copyOf('jest.mutants.json');
  const reportFile = copyOf('jest.json');
  const args = [jest, '--config', config, '--runInBand', '--silent', '--json', `--outputFile=${reportFile}`];
  const runJest = (own) =>
    run(nodeBinary(), args, { env: { ...own, ...orderOf(textTests) }, cwd: copyOf(), timeoutMs });
  fs.rmSync(reportFile, { force: true });
  try {
    await (ownRedis ? withOwnRedis(env, runJest) : runJest(env));
    return { status: 'survived' };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.message.includes('SIGKILL')) return { status: 'timeout' };
    return { status: 'killed', by: firstFailure(reportFile), details: error.details };
  }
}

async function demandThatTestsPass(area, copyOf, env) {
  const startedAt = Date.now();
  const { status, by = '', details = '' } = await runTests(area, copyOf, env);
  if (status !== 'survived') throw new Failure(`The tests fail without any mutant. ${by}`, { details });
  return Date.now() - startedAt;
}

/** A file, or the files of a folder. */
const filesOf = (name) =>
  fs.statSync(inRoot(name)).isFile()
    ? [name]
    : fs
        .readdirSync(inRoot(name), { recursive: true })
        .filter((file) => path.extname(file) !== '')
        .map((file) => `${name}/${file}`);

const mutantsOf = (file) =>
  textMutants(file, fs.readFileSync(inRoot(file), 'utf8')).map((mutant) => ({
    file,
    kind: path.extname(file) === '.lua' ? 'Lua' : 'SQL',
    ...mutant,
  }));

/**
 * @param {object} area @param {Record<string, string>} env
 * @param {{sample?: number, survivors?: object[]}} options sample: this many of them, always the same;
 *   survivors: only these, of a run before
 */
async function tryTextMutants(area, env, { sample, survivors }) {
  const all = area.text.flatMap(filesOf).flatMap(mutantsOf);
  const chosen = survivors
    ? all.filter((it) => survivors.some((one) => isSame(it, one)))
    : takeSample(all, sample ?? all.length);
  const copyOf = makeCopy(area);
  const normalMs = await demandThatTestsPass(area, copyOf, env);
  const limitMs = Math.max(LEAST_LIMIT_MS, LIMIT_FACTOR * normalMs);
  note(`${chosen.length} of ${all.length} mutants, ${Math.round(normalMs / 1000)} s where none is noticed`);
  const results = [];
  for (const { text, ...mutant } of chosen) {
    fs.writeFileSync(copyOf(mutant.file), text);
    const startedAt = Date.now();
    const outcome = await runTests(area, copyOf, env, limitMs);
    fs.copyFileSync(inRoot(mutant.file), copyOf(mutant.file));
    results.push({ ...mutant, ...outcome });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    note(`${outcome.status.padEnd(8)} ${seconds.padStart(5)} s  ${describeMutant(mutant)}`);
  }
  await demandThatTestsPass(area, copyOf, env); // what was killed was killed by the change alone
  return results;
}

module.exports = { tryTextMutants };
