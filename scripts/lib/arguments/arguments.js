// What a command is called with is checked before it does anything: exit code 2 and the usage for what it does not
// know, 0 for --help.
const fs = require('node:fs');
const { spawnSync } = require('node:child_process');
const { didYouMean } = require('./closest');
const { readOptions } = require('./options');
const { ensureDependencies } = require('../dependencies');
const { Failure, Help } = require('../running/failure');
const { nodeBinary } = require('../running/node-binary');
const { inRoot } = require('../paths');

const WRONG = 2;
const asksForHelp = (args) =>
  args.some((argument) => ['--help', '-h'].includes(argument)) || args[0] === 'help';

/** For the programs of the lab. Node runs TypeScript as it is; that the product's own files say nothing of their module type is no news. */
const TYPESCRIPT = [
  '--disable-warning=MODULE_TYPELESS_PACKAGE_JSON',
  '--disable-warning=ExperimentalWarning',
  '--require',
  inRoot('scripts', 'lib', 'running', 'with-watched-output.js'),
];

/** @returns {Failure} that shows the usage below what is wrong */
const misuse = (what, usage) => new Failure(`${what}\n\n${usage}`, { code: WRONG });

/**
 * @param {{usage: string, options?: object, names?: string[], atMost?: number, args?: string[]}} what options: of
 *   parseArgs; names: the positional arguments that are known; atMost: how many of them (default: none)
 * @returns {{values: object, positionals: string[]}}
 * @throws Help for --help, Failure with code 2 for what is not known
 */
function readArguments({ usage, options = {}, names = [], atMost = 0, args = process.argv.slice(2) }) {
  if (asksForHelp(args)) throw new Help(usage);
  let parsed;
  try {
    parsed = readOptions({ args, options, allowPositionals: true });
  } catch (error) {
    throw misuse(error.message, usage);
  }
  const { positionals } = parsed;
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined) throw misuse(`There is no "${unknown}".${didYouMean(unknown, names)}`, usage);
  if (positionals.length > atMost) throw misuse(`Too many: "${positionals.join(' ')}".`, usage);
  return parsed;
}

/**
 * Takes an option out of arguments of which the others are another program's.
 * @param {string[]} args
 * @param {string} name as `--pods`
 * @param {string} usage
 * @returns {{value?: string, rest: string[]}}
 * @throws Failure with code 2 when it has no value, or comes twice
 */
function takeOption(args, name, usage) {
  const isIt = (argument) => argument === name || argument.startsWith(`${name}=`);
  const at = args.findIndex(isIt);
  if (at < 0) return { rest: args };
  const isJoined = args[at] !== name;
  const value = isJoined ? args[at].slice(name.length + 1) : (args[at + 1] ?? '');
  if (value === '' || value.startsWith('-')) throw misuse(`${name} needs a value.`, usage);
  const rest = args.toSpliced(at, isJoined ? 1 : 2);
  if (rest.some(isIt)) throw misuse(`Option '${name}' is given twice.`, usage);
  return { value, rest };
}

/**
 * The help of a program that is written in TypeScript, read from its source (`const USAGE`): help is shown before
 * anything is installed or built.
 */
function usageOf(file) {
  const [, text] = /\bconst USAGE = `((?:[^`\\]|\\.)*)`/s.exec(fs.readFileSync(inRoot(file), 'utf8'));
  return text.replaceAll('\\`', '`');
}

/**
 * For a program that is written in TypeScript: its options file exports readArguments(args).
 * @throws Help for --help, Failure with code 2 for what it does not know
 */
async function checkArguments(file, args) {
  const usage = usageOf(file);
  if (asksForHelp(args)) throw new Help(usage);
  if (!fs.existsSync(inRoot('node_modules'))) await ensureDependencies(); // brings the Node that runs TypeScript
  const check = [
    ...TYPESCRIPT,
    inRoot('scripts', 'lib', 'arguments', 'check-arguments.mjs'),
    inRoot(file),
    ...args,
  ];
  const { status, stderr } = spawnSync(nodeBinary(), check, { encoding: 'utf8' });
  if (status !== 0) throw misuse(stderr.trim(), usage);
}

module.exports = { readArguments, checkArguments, takeOption, usageOf, asksForHelp, misuse, TYPESCRIPT };
