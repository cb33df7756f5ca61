// npm run services -- up [--kafka] [--influx] [--prometheus] | down [--force] | status
// Progress goes to stderr, so that `eval "$(npm run -s services -- up)"` sets the variables of a shell.
const { asksForHelp, misuse } = require('./lib/arguments/arguments');
const { didYouMean } = require('./lib/arguments/closest');
const { ensureDependencies } = require('./lib/dependencies');
const { Help, runMain } = require('./lib/running/failure');
const { listen } = require('./lib/running/interruption');
const { withLock } = require('./lib/running/lock');
const { toStderr } = require('./lib/running/progress');
const {
  addressOf,
  describeHow,
  ensureServices,
  inspectServices,
  release,
  stopAll,
} = require('./lib/services');

const OPTIONAL = { '--kafka': 'kafka', '--influx': 'influxdb', '--prometheus': 'prometheus' };

const USAGE = `npm run services -- up [--kafka] [--influx] [--prometheus]
                                    find or start MariaDB, Redis (and these); print their URL variables
npm run services -- down [--force]  stop what was started; --force: even while npm start or npm test uses it
npm run services -- status          where each one is, and whether it is healthy

Searched in this order: DATABASE_URL, REDIS_URL, KAFKA_BROKERS, INFLUX_URL, PROMETHEUS_URL; what was started here
before; the default ports (mariadb://concert:concert@127.0.0.1:3306/concert, redis://127.0.0.1:6379, 127.0.0.1:9092,
http://127.0.0.1:8086, http://127.0.0.1:9090); then started in Docker, or as private processes from Debian packages
(data, logs and pids in .services/). Prometheus scrapes the targets of .services/prometheus/targets/*.json.
SERVICES_FROM=docker or SERVICES_FROM=packages leaves the default ports out and allows only that way of starting.`;

/** Single quotes unless every character is harmless to a shell. */
const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

async function up(flags) {
  const names = ['mariadb', 'redis', ...flags.map((flag) => OPTIONAL[flag])];
  let urls;
  try {
    urls = await withLock(async () => {
      await ensureDependencies();
      return ensureServices(names, { what: 'services up', keep: true });
    });
  } catch (error) {
    await release();
    throw error;
  }
  for (const [name, value] of Object.entries(urls)) process.stdout.write(`export ${name}=${quote(value)}\n`);
}

async function down(force) {
  const users = await stopAll({ force });
  if (users.length === 0) return;
  const names = [...new Set(users.map(({ what, pid }) => `${what} (pid ${pid})`))].join(', ');
  process.stdout.write(`Still used by ${names}; stopped when that ends. To stop at once: down --force\n`);
}

async function status() {
  const rows = (await inspectServices()).map(({ service, place }) => {
    if (!place) return [service.title, 'not running'];
    const { entry } = place;
    return [
      service.title,
      describeHow(service, place),
      addressOf(service, place.urls),
      entry?.container ?? (entry ? `pid ${entry.pid}` : 'pid unknown'),
      place.reason ? `NOT HEALTHY: ${place.reason}` : 'healthy',
    ];
  });
  for (const row of rows)
    process.stdout.write(
      `${row
        .map((cell) => cell.padEnd(16))
        .join(' ')
        .trimEnd()}\n`,
    );
  return rows.some((row) => row.at(-1).startsWith('NOT')) ? 1 : 0;
}

runMain(() => {
  const [command, ...flags] = process.argv.slice(2);
  if (asksForHelp(process.argv.slice(2))) throw new Help(USAGE);
  const known = { up: Object.keys(OPTIONAL), down: ['--force'], status: [] };
  if (command === undefined) throw misuse('npm run services: the subcommand is missing.', USAGE);
  if (!Object.hasOwn(known, command))
    throw misuse(`There is no "${command}".${didYouMean(command, Object.keys(known))}`, USAGE);
  const wrong = flags.find((flag) => !known[command].includes(flag));
  if (wrong !== undefined)
    throw misuse(`${command} takes no "${wrong}".${didYouMean(wrong, known[command])}`, USAGE);
  listen();
  toStderr();
  if (command === 'up') return up(flags);
  return command === 'down' ? down(flags.length > 0) : status();
});
