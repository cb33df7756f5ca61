// What npm run check:clone runs, in this order, and how each command must end.

const { findCommand } = require('../tools/commands');
const { HELPED, REFUSED } = require('./command-lines');

const OK = 0;
const FAILED = 1;
const MISUSED = 2;

/** Command and subcommand of a line. */
function nameOf(line) {
  const [command, next = ''] = line.split(' ');
  return HELPED.includes(`${command} ${next}`) ? `${command} ${next}` : command;
}

/** The first refusal of each command: test/cli/commands.test.ts runs them all. */
function oneOfEach(refusals) {
  const seen = new Set();
  return refusals.filter(([line]) => {
    const isFirst = !seen.has(nameOf(line));
    seen.add(nameOf(line));
    return isFirst;
  });
}

const REAL = [
  ['check config', OK, 'Every variable is right.'],
  ['queue status', MISUSED, 'MANAGEMENT_TOKEN must be set'],
  ['db verify', MISUSED, 'MariaDB is not running'],
  ['services up', OK, 'export DATABASE_URL='],
  ['services status', OK, 'healthy'],
  ['db migrate', OK],
  ['db migrate status', OK, 'applied'],
  ['db seed --users 100 --concerts 1 --dates 1 --seats 10', OK, 'seeded'],
  ['db verify', OK],
  ['db backup', OK, 'written: concert-'],
  ['db restore --replace', OK, 'restored: concert-'],
  ['lab faults --plan --seed 1', OK],
  ['lab capacity', OK],
  ['lab bench schedule --rounds 1 --seconds 1', OK, 'results/bench-'],
  ['cluster charts', OK],
  ['cluster dashboards --check', OK],
  ['cluster sbom', OK, 'CycloneDX'],
  ['load compare nosuch nosuch', FAILED, 'There is no run nosuch'],
];

/** Where k6 is, or can be got (tools.js). */
const LOAD = ['k6', 'go', 'docker'].some(findCommand)
  ? [['load token RATE=5 DURATION=3s', OK, 'all invariants hold']]
  : [];

/** `always`: after an interruption as well. */
const make = (line, expected, words, always = false) => {
  const [command, ...args] = line.split(' ');
  return { command, args, expected, words, always };
};

/** @returns {{command: string, args: string[], expected: number, words?: string, always: boolean}[]} */
function cases({ isQuick }) {
  const refused = (list) => oneOfEach(list).map(([line, words]) => make(line, MISUSED, words));
  const help = (names) => names.map((name) => make(`${name} --help`, OK, 'npm '));
  const early = [...refused(REFUSED.nothing), make('services status', OK), ...refused(REFUSED.node)];
  if (isQuick) {
    // What loads in the clone to refuse a line loads to show its help, and test/cli/commands.test.ts reads each help.
    const loaded = new Set([...REFUSED.nothing, ...REFUSED.node].map(([line]) => nameOf(line)));
    return [...help(HELPED.filter((name) => !loaded.has(name))), ...early];
  }
  return [
    ...help(HELPED),
    ...early,
    ...refused(REFUSED.dist),
    ...[...REAL, ...LOAD].map(([line, expected, words]) => make(line, expected, words)),
    make('services down --force', OK, undefined, true),
  ];
}

module.exports = { cases };
