// npm run <command> -- <subcommand> …: finds the subcommand, shows help, and refuses what it does not know.
const { asksForHelp, misuse } = require('./arguments');
const { didYouMean } = require('./closest');
const { Help, runMain } = require('../running/failure');

/**
 * @typedef {object} Subcommand
 * @property {string} about one line for the list of subcommands
 * @property {string|(() => string)} usage its help
 * @property {(args: string[]) => unknown} run called with the arguments behind its name; returns the exit code (default 0)
 */

/** @param {string} command @param {Record<string, Subcommand>} subcommands */
function overviewOf(command, subcommands, more) {
  const width = Math.max(...Object.keys(subcommands).map((name) => name.length)) + 2;
  const lines = Object.entries(subcommands).map(([name, { about }]) => `  ${name.padEnd(width)}${about}`);
  const head = `npm run ${command} -- ${Object.keys(subcommands).join('|')} …    (each takes --help)`;
  return [head, '', ...lines, ...(more ? ['', more] : [])].join('\n');
}

/**
 * @param {string} command name of the npm script
 * @param {Record<string, Subcommand>} subcommands
 * @param {{more?: string, args?: string[]}} [options] more: below the list; args: default those of the process
 */
function runSubcommand(command, subcommands, { more, args: all = process.argv.slice(2) } = {}) {
  const [name, ...args] = all;
  const overview = overviewOf(command, subcommands, more);
  if (name !== undefined && asksForHelp([name])) throw new Help(overview);
  if (name === undefined) throw misuse(`npm run ${command}: the subcommand is missing.`, overview);
  if (!Object.hasOwn(subcommands, name))
    throw misuse(`There is no "${name}".${didYouMean(name, Object.keys(subcommands))}`, overview);
  const { usage, run } = subcommands[name];
  if (asksForHelp(args)) throw new Help(typeof usage === 'string' ? usage : usage());
  return run(args);
}

const runCommand = (command, subcommands, options) =>
  runMain(() => runSubcommand(command, subcommands, options));

module.exports = { runCommand };
