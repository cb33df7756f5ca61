const fs = require('node:fs');
const { inServices } = require('../paths');
const { spawnBackground } = require('../running/processes');

const TIMEOUT_MS = 3000;
/** Where k6 writes. */
const DATABASE = 'k6';

/** The server is set up by these alone, however it is run. */
const SETTINGS = {
  INFLUXDB_REPORTING_DISABLED: 'true',
  INFLUXDB_HTTP_LOG_ENABLED: 'false',
  INFLUXDB_MONITOR_STORE_ENABLED: 'false',
  INFLUXDB_DATA_QUERY_LOG_ENABLED: 'false',
};

/** fetch takes no user and password in the URL. */
function ask(url, path, options = {}) {
  const target = new URL(path, url);
  const { username, password } = new URL(url);
  const login = Buffer.from([username, password].map(decodeURIComponent).join(':')).toString('base64');
  const headers = username ? { Authorization: `Basic ${login}` } : {};
  return fetch(target, { ...options, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
}

/** Rejects with the reason unless an InfluxDB 1.x answers and has (now) the database. */
async function probe({ INFLUX_URL }) {
  let answer;
  try {
    answer = await ask(INFLUX_URL, '/ping');
  } catch (error) {
    throw new Error(error.cause?.message || error.cause?.code || error.message, { cause: error });
  }
  const version = answer.headers.get('x-influxdb-version');
  if (!version) throw new Error('it is no InfluxDB');
  if (!/^v?1\./.test(version)) throw new Error(`needs InfluxDB 1.x, found ${version}`);
  const statement = encodeURIComponent(`CREATE DATABASE "${DATABASE}"`);
  const created = await ask(INFLUX_URL, `/query?q=${statement}`, { method: 'POST' });
  const { error, results } = await created.json();
  const fault = error ?? results?.[0]?.error;
  if (fault) throw new Error(fault);
}

module.exports = {
  name: 'influxdb',
  title: 'InfluxDB',
  variables: ['INFLUX_URL'],
  defaultUrl: 'http://127.0.0.1:8086',
  startupMs: 60_000,
  given: (env) => ({ INFLUX_URL: env.INFLUX_URL }),
  urlsOf: ({ port }) => ({ INFLUX_URL: `http://127.0.0.1:${port}` }),
  forTests: (urls) => urls,
  probe,

  packages: { commands: ['influxd'], debian: ['influxdb'] },
  async startPrivate({ port, commands }) {
    const dir = inServices('influxdb', 'data');
    fs.mkdirSync(dir, { recursive: true });
    const where = {
      INFLUXDB_META_DIR: `${dir}/meta`,
      INFLUXDB_DATA_DIR: `${dir}/data`,
      INFLUXDB_DATA_WAL_DIR: `${dir}/wal`,
      INFLUXDB_HTTP_BIND_ADDRESS: `127.0.0.1:${port}`,
      INFLUXDB_BIND_ADDRESS: '127.0.0.1:0', // backups: unused
    };
    // The empty file stands in for /etc/influxdb/influxdb.conf.
    return spawnBackground(commands.influxd, ['run', '-config', '/dev/null'], {
      cwd: dir,
      env: { ...process.env, ...SETTINGS, ...where },
      logFile: inServices('influxdb', 'influxdb.log'),
    });
  },

  docker: {
    image: 'influxdb:1.8',
    port: 8086,
    dataFolder: '/var/lib/influxdb',
    env: () => SETTINGS,
    args: () => [],
  },
};
