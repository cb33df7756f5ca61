// What npm run check:clone runs, in this order, and how each command must end.

const OK = 0;
const FAILED = 1;
const MISUSED = 2;

const HELP = [
  'start',
  'test',
  'check',
  'check config',
  'check:clone',
  'services',
  'queue',
  'load',
  'experiment',
  'db',
  'db migrate',
  'db seed',
  'db verify',
  'db backup',
  'db restore',
  'cluster',
  'cluster up',
  'cluster deploy',
  'cluster load',
  'cluster down',
  'cluster test',
  'cluster backup',
  'cluster restore',
  'cluster charts',
  'cluster dashboards',
  'cluster sbom',
  'lab',
  'lab bench',
  'lab faults',
  'lab fuzz',
  'lab mutation',
  'lab capacity',
  'lab admission',
];

/** Refused by what is there before anything is installed. */
const WRONG = [
  ['start nosuch', 'There is no "nosuch"'],
  ['test test/nosuch', 'There is no test/nosuch'],
  ['check --fxi', 'Did you mean "--fix"?'],
  ['check:clone --qick', 'Did you mean "--quick"?'],
  ['services statsu', 'Did you mean "status"?'],
  ['db migrat', 'Did you mean "migrate"?'],
  ['db backup --kepe 3', 'Did you mean "--keep"?'],
  ['db restore', 'confirm it by --replace'],
  ['cluster depoly', 'Did you mean "deploy"?'],
  ['cluster load studdy', 'Did you mean "study"?'],
  ['lab bnech', 'Did you mean "bench"?'],
  ['lab fuzz nosuch', 'There is no "nosuch"'],
  ['lab mutation mony', 'Did you mean "money"?'],
];
/** Refused by programs in TypeScript: on an old Node these need the one that npm brings. */
const WRONG_FOR_TYPESCRIPT = [
  ['load spyke', 'Did you mean "spike"?'],
  ['experiment rolout', 'Did you mean "rollout"?'],
  ['lab bench isue', 'Did you mean "issue"?'],
  ['lab faults --sede 5', "Unknown option '--sede'"],
  ['lab capacity --chekc x', "Unknown option '--chekc'"],
  ['lab admission nosuch', 'There is no scenario "nosuch"'],
];
/** Refused by tools that have to be built. */
const WRONG_FOR_TOOLS = [
  ['queue puase', 'Did you mean "pause"?'],
  ['db migrate statsu', 'Did you mean "status"?'],
  ['db seed --usrs 5', 'Did you mean "--users"?'],
  ['db verify --jsno', 'Did you mean "--json"?'],
];

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
  ['cluster charts', OK],
  ['cluster dashboards --check', OK],
  ['cluster sbom', OK, 'CycloneDX'],
  ['load compare nosuch nosuch', FAILED, 'There is no run nosuch'],
];

/** `always`: after an interruption as well. */
const make = (line, expected, words, always = false) => {
  const [command, ...args] = line.split(' ');
  return { command, args, expected, words, always };
};

/** @returns {{command: string, args: string[], expected: number, words?: string, always: boolean}[]} */
function cases({ isQuick }) {
  const refused = (list) => list.map(([line, words]) => make(line, MISUSED, words));
  const help = HELP.map((line) => make(`${line} --help`, OK, 'npm '));
  const early = [...help, ...refused(WRONG), make('services status', OK)];
  if (isQuick) return [...early, ...refused(WRONG_FOR_TYPESCRIPT)];
  return [
    ...early,
    ...refused([...WRONG_FOR_TYPESCRIPT, ...WRONG_FOR_TOOLS]),
    ...REAL.map(([line, expected, words]) => make(line, expected, words)),
    make('services down --force', OK, undefined, true),
  ];
}

module.exports = { cases };
