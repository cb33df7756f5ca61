// npm run faults [-- name … --seed n --minutes m]: breaks everything that the product leans on, and checks what it promises.
const fs = require('node:fs');
const { refusedBy, TYPESCRIPT } = require('./lib/arguments');
const { build } = require('./build');
const { ensureDependencies } = require('./lib/dependencies');
const { Failure, runMain } = require('./lib/failure');
const { listen } = require('./lib/interruption');
const { withLock } = require('./lib/lock');
const { nodeBinary } = require('./lib/node-binary');
const { inRoot } = require('./lib/paths');
const { note } = require('./lib/progress');
const { exitCodeOf } = require('./lib/run');
const kafka = require('./lib/services/kafka');
const { ensureJars } = require('./lib/services/kafka-private');
const mariadb = require('./lib/services/mariadb');
const { commandsOf, ensurePackages } = require('./lib/services/packages');
const redis = require('./lib/services/redis');

/** After a signal: the runner ends its children at once, so that more is a hang. */
const PATIENCE_MS = 10_000;

/** Its stores are killed and filled up: they are the run's own processes, so programs of this machine are needed. */
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

/** @returns the exit code; what went wrong has been said */
const suite = (args, options) =>
  exitCodeOf(nodeBinary(), [...TYPESCRIPT, inRoot('lab', 'faults', 'main.ts'), ...args], options);

runMain(async () => {
  listen();
  if (process.platform !== 'linux') throw new Failure('The fault suite runs on Linux only.');
  const args = process.argv.slice(2);
  const refused = await refusedBy('lab/faults/options.ts', args);
  if (refused !== null) return refused;
  await ensureDependencies();
  if (args.includes('--plan')) return suite(args);
  fs.mkdirSync(inRoot('results'), { recursive: true });
  await withLock(async () => {
    await preparePrograms(!args.includes('--no-kafka'));
    await build();
  });
  return suite(args, { patienceMs: PATIENCE_MS });
});
