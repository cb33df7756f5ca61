// npm run lab -- mutation: does a test notice a small mistake in the code of breakers, money, seats and admission?
// Stryker makes the mutants of TypeScript, lab/mutation/text/text.js those of SQL and Lua (docs/mutation.md).
const fs = require('node:fs');
const { misuse, readArguments } = require('../lib/arguments/arguments');
const { build } = require('../build');
const { didYouMean } = require('../lib/arguments/closest');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { withLock } = require('../lib/running/lock');
const areas = require('../../lab/mutation/areas');
const { tryCodeMutants } = require('../../lab/mutation/code');
const { describeMutant, isSame, tableOf } = require('../../lab/mutation/report');
const { tryTextMutants } = require('../../lab/mutation/text/text');
const { inRoot } = require('../lib/paths');
const { note, step } = require('../lib/running/progress');
const { ensureServices, release } = require('../lib/services');
const { createDatabase, dropDatabase, testEnvironment } = require('../lib/tests/test-environment');

const TRY = { code: tryCodeMutants, text: tryTextMutants };
const PARTS = Object.keys(TRY);
const FOLDER = inRoot('results', 'mutation');
const NAMES = Object.keys(areas);
const USAGE = `npm run lab -- mutation [${NAMES.join('|')} …] [options]
  --only PART  ${PARTS.join(' or ')}: TypeScript, or the SQL and Lua in it
  --sample N   tries N mutants of each area, always the same
  --survivors  tries only what survived the last time`;

/** @throws Failure or Help */
function wantedBy(args) {
  const { values, positionals } = readArguments({
    args,
    usage: USAGE,
    names: NAMES,
    atMost: NAMES.length,
    options: {
      only: { type: 'string' },
      sample: { type: 'string' },
      survivors: { type: 'boolean', default: false },
    },
  });
  const { only, sample, survivors } = values;
  if (only !== undefined && !PARTS.includes(only))
    throw misuse(`--only: there is no "${only}".${didYouMean(only, PARTS)}`, USAGE);
  if (sample !== undefined && !/^[1-9]\d{0,6}$/.test(sample))
    throw misuse(`--sample must be a whole number from 1 on, not "${sample}".`, USAGE);
  return {
    names: positionals.length > 0 ? positionals : NAMES,
    parts: only === undefined ? PARTS : [only],
    sample: sample === undefined ? undefined : Number(sample),
    onlySurvivors: survivors,
  };
}

async function prepare(services, ends) {
  if (services.length === 0) return testEnvironment({});
  const urls = await ensureServices(services, { what: 'npm run lab -- mutation', forTests: true });
  const env = testEnvironment(urls);
  if (!services.includes('mariadb')) return env;
  await build(); // the migrations
  const own = await step('a test database', () => createDatabase(env));
  ends.push(() => dropDatabase(own));
  return own;
}

const hasSurvived = ({ status }) => status === 'survived';

function readBefore(file) {
  if (!fs.existsSync(file)) throw new Failure('There is no run before: leave --survivors out.');
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** @returns the outcome of each mutant, including those known from an earlier run */
async function tryPart(name, part, env, { sample, onlySurvivors }) {
  const file = `${FOLDER}/${name}-${part}.json`;
  const before = onlySurvivors ? readBefore(file) : [];
  const survivors = onlySurvivors ? before.filter(hasSurvived) : undefined;
  const area = { name, ...areas[name] };
  const tried = await step(`${name}: ${part}`, () => TRY[part](area, env, { sample, survivors }), {
    inherits: true,
  });
  // A survivor has ended in time before, so a time-out now is due to the machine and does not count as noticed.
  const isNoticed = (one) =>
    hasSurvived(one) && tried.find((it) => it.status === 'killed' && isSame(it, one));
  const mutants = onlySurvivors ? before.map((one) => isNoticed(one) || one) : tried;
  fs.mkdirSync(FOLDER, { recursive: true });
  fs.writeFileSync(file, JSON.stringify(mutants, null, 2));
  return mutants;
}

async function run(args) {
  const { names, parts, ...options } = wantedBy(args);
  listen();
  await ensureDependencies();
  const services = [...new Set(names.flatMap((name) => areas[name].services ?? []))];
  const table = [];
  const ends = [release];
  try {
    const env = await withLock(() => prepare(services, ends));
    for (const name of names)
      for (const part of parts.filter((it) => it in areas[name])) {
        const mutants = await tryPart(name, part, env, options);
        for (const one of mutants.filter(hasSurvived)) note(`survived ${describeMutant(one)}`);
        table.push({ name, part, mutants });
      }
  } finally {
    for (const end of ends.reverse()) await end();
  }
  process.stdout.write(`\n${tableOf(table)}\n`);
  return 0;
}

module.exports = { about: 'checks whether a test notices small mistakes', usage: USAGE, run };
