// npm run check [-- --fix | config …]: what a change must pass before any test runs.
const { asksForHelp, readArguments, usageOf } = require('./lib/arguments/arguments');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, Help, runMain } = require('./lib/running/failure');
const { listen } = require('./lib/running/interruption');
const { nodeBinary } = require('./lib/running/node-binary');
const { inRoot } = require('./lib/paths');
const { step } = require('./lib/running/progress');
const { run } = require('./lib/running/run');
const { runTool } = require('./lib/tool');

const USAGE = `npm run check              type check, lint, format, dependency rules, words of the glossary, unused code
npm run check -- --fix     formats, and fixes what lint can fix
npm run check -- config    prints the table of variables, and checks those of this shell (--help)`;

const program = (...path) => inRoot('node_modules', ...path);
const OXLINT = [program('oxlint', 'bin', 'oxlint'), '-c', inRoot('oxlint.config.mjs')];
const CRUISER = program('dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
const OXFMT = program('oxfmt', 'bin', 'oxfmt');

/** Each step: its name, and arguments of Node. */
const CHECKS = [
  ['types and lint', ...OXLINT],
  ['format', OXFMT, '--check'],
  ['dependency rules', CRUISER, '--config', '.dependency-cruiser.cjs', 'src'],
  ['words', inRoot('scripts', 'words.js')],
  ['unused code', program('knip', 'bin', 'knip.js')],
];
const FIXES = [
  ['lint', ...OXLINT, '--fix'],
  ['format', OXFMT],
];

/** Every step runs, so that one run reports everything. @throws Failure with the output of those that failed */
async function runAll(steps) {
  const failures = [];
  for (const [name, ...args] of steps)
    try {
      await step(name, () => run(nodeBinary(), args, { what: name, withStderr: true, wholeOutput: true }));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  if (failures.length === 0) return;
  const details = failures.map((failure) => `${failure.message}\n${failure.details}`).join('\n\n');
  throw new Failure(`${failures.length} of ${steps.length} checks failed.`, { details });
}

runMain(async () => {
  const args = process.argv.slice(2);
  if (args[0] === 'config') {
    if (asksForHelp(args)) throw new Help(usageOf('src/cli/config.ts'));
    return runTool('config', args.slice(1));
  }
  const options = { fix: { type: 'boolean', default: false } };
  const { values } = readArguments({ usage: USAGE, options, names: ['config'] });
  listen();
  await ensureDependencies();
  return runAll(values.fix ? FIXES : CHECKS);
});
