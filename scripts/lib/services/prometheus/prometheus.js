const fs = require('node:fs');
const path = require('node:path');
const { inRoot, inServices } = require('../../paths');
const { spawnBackground } = require('../../running/processes');
const { targetFiles } = require('./prometheus-targets');

const TIMEOUT_MS = 3000;
const RULES = inRoot('charts', 'prometheus', 'rules');
const configFile = inServices('prometheus', 'prometheus.json');

/** JSON is also YAML. The rules are read at the start. */
const CONFIG = {
  global: { scrape_interval: '5s', evaluation_interval: '5s' },
  rule_files: [path.join(RULES, '*.yml')],
  scrape_configs: [
    { job_name: 'concert', file_sd_configs: [{ files: [targetFiles], refresh_interval: '2s' }] },
  ],
};

function writeConfig() {
  for (const folder of [path.dirname(targetFiles), RULES]) fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(configFile, JSON.stringify(CONFIG, null, 2));
}

async function ask(url, place) {
  try {
    return await fetch(new URL(place, url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw new Error(error.cause?.message || error.cause?.code || error.message, { cause: error });
  }
}

/** Rejects with the reason unless it answers; one that was only met by chance must also scrape our targets. */
async function probe({ PROMETHEUS_URL }, how) {
  const ready = await ask(PROMETHEUS_URL, '/-/ready');
  if (!ready.ok) throw new Error(`it is not ready (HTTP ${ready.status})`);
  const answer = await ask(PROMETHEUS_URL, '/api/v1/status/config');
  const config = answer.ok ? (await answer.json()).data?.yaml : undefined;
  if (config === undefined) throw new Error('it is no Prometheus');
  if (how === 'default' && !config.includes(targetFiles)) throw new Error(`it does not read ${targetFiles}`);
}

const options = (listen, data) => [
  `--config.file=${configFile}`,
  `--web.listen-address=${listen}`,
  `--storage.tsdb.path=${data}`,
  '--log.level=warn',
];

module.exports = {
  name: 'prometheus',
  title: 'Prometheus',
  variables: ['PROMETHEUS_URL'],
  defaultUrl: 'http://127.0.0.1:9090',
  startupMs: 60_000,
  given: (env) => ({ PROMETHEUS_URL: env.PROMETHEUS_URL }),
  urlsOf: ({ port }) => ({ PROMETHEUS_URL: `http://127.0.0.1:${port}` }),
  forTests: (urls) => urls,
  probe,

  packages: { commands: ['prometheus'], debian: ['prometheus'] },
  async startPrivate({ port, commands }) {
    writeConfig();
    return spawnBackground(
      commands.prometheus,
      options(`127.0.0.1:${port}`, inServices('prometheus', 'data')),
      {
        cwd: inServices('prometheus'),
        logFile: inServices('prometheus', 'prometheus.log'),
      },
    );
  },

  docker: {
    image: 'prom/prometheus:v2.55.1',
    dataFolder: '/prometheus',
    env: () => ({}),
    args: ({ port }) => options(`127.0.0.1:${port}`, '/prometheus'),
    // Its targets listen on this machine's 127.0.0.1, and files have one name inside and outside. As root it may read
    // what only this user may; nothing of it is written.
    options: () => {
      writeConfig();
      const mounts = [inServices('prometheus'), RULES].flatMap((it) => ['-v', `${it}:${it}:ro`]);
      return ['--network', 'host', '--user', '0', ...mounts];
    },
  },
};
