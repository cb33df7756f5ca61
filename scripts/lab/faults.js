// npm run lab -- faults: breaks everything that the product depends on, and checks its guarantees (docs/faults.md).
const fs = require('node:fs');
const { checkArguments, TYPESCRIPT, usageOf } = require('../lib/arguments/arguments');
const { build } = require('../build');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen } = require('../lib/running/interruption');
const { withLock } = require('../lib/running/lock');
const { nodeBinary } = require('../lib/running/node-binary');
const { inRoot } = require('../lib/paths');
const { note } = require('../lib/running/progress');
const { exitCodeOf } = require('../lib/running/run');
const kafka = require('../lib/services/kafka/kafka');
const { ensureJars } = require('../lib/services/kafka/kafka-private');
const mariadb = require('../lib/services/mariadb/mariadb');
const { commandsOf, ensurePackages } = require('../lib/services/packages');
const redis = require('../lib/services/redis');

const OPTIONS = 'lab/faults/options.ts';

/** After a signal the runner ends its children at once, so a longer wait is a hang. */
const PATIENCE_MS = 10_000;

/** The suite kills its stores and fills their disks, so it starts them itself and needs their programs on this machine. */
async function preparePrograms(withKafka) {
  await ensurePackages([mariadb, redis]);
  if (!withKafka) return;
  try {
    await ensurePackages([kafka]);
    await ensureJars(commandsOf(kafka).mvn);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    note(`without Kafka: ${error.message}`);
  }
}

/** @returns the exit code; the program has printed what went wrong */
const runSuite = (args, options) =>
  exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'faults', 'main.ts'), ...args], options);

async function run(args) {
  listen();
  if (process.platform !== 'linux') throw new Failure('The fault suite runs on Linux only.');
  await checkArguments(OPTIONS, args);
  await ensureDependencies();
  if (args.includes('--plan')) return runSuite(args);
  fs.mkdirSync(inRoot('results'), { recursive: true });
  await withLock(async () => {
    await preparePrograms(!args.includes('--no-kafka'));
    await build();
  });
  return runSuite(args, { patienceMs: PATIENCE_MS });
}

module.exports = {
  about: 'breaks what the product depends on, and checks its guarantees',
  usage: () => usageOf(OPTIONS),
  run,
};
