const net = require('node:net');
const tls = require('node:tls');
const fs = require('node:fs');
const { inServices } = require('../paths');
const { spawnBackground } = require('../running/processes');
const { exchange } = require('./exchange');

const TIMEOUT_MS = 2000;
const MIN_MAJOR = 7;
const TEST_DATABASE_INDEX = 1;

const command = (...words) =>
  `*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join('')}`;

/** Sends AUTH (when the URL has a password), PING and INFO in one go; resolves with everything answered. */
function ask(url) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const where = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  const auth = [username || 'default', password].map(decodeURIComponent);
  return exchange({
    socket: protocol === 'rediss:' ? tls.connect({ ...where, servername: where.host }) : net.connect(where),
    question: (password ? command('AUTH', ...auth) : '') + command('PING') + command('INFO', 'server'),
    timeoutMs: TIMEOUT_MS,
    read: (bytes) => {
      const answer = bytes.toString();
      const refused = /^-(.*)\r\n/m.exec(answer);
      if (refused) throw new Error(refused[1]);
      return /redis_version:\S+\r\n/.test(answer) ? answer : undefined;
    },
  });
}

/** Rejects with the reason when no usable Redis answers. */
async function probe({ REDIS_URL }) {
  const answer = await ask(REDIS_URL);
  const version = /redis_version:(\S+)/.exec(answer)[1];
  if (!answer.includes('+PONG')) throw new Error('it did not answer PING');
  if (Number.parseInt(version, 10) < MIN_MAJOR)
    throw new Error(`Redis ${version} is too old (needs ${MIN_MAJOR}.0)`);
}

/** The order of users survives a restart: every write goes to a file that is flushed each second. */
const DURABILITY = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];

/** Of a redis-server that keeps its data as in production. */
const serverOptions = ({ port, dir }) => {
  const where = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir];
  return [...where, ...DURABILITY];
};

/** Tests use a separate database index beside a running API. */
function urlForTests(url) {
  const changed = new URL(url);
  if (/^\/?0?$/.test(changed.pathname)) changed.pathname = `/${TEST_DATABASE_INDEX}`;
  return changed.href;
}

module.exports = {
  name: 'redis',
  title: 'Redis',
  variables: ['REDIS_URL'],
  defaultUrl: 'redis://127.0.0.1:6379',
  startupMs: 180_000,
  given: (env) => ({ REDIS_URL: env.REDIS_URL }),
  urlsOf: ({ port }) => ({ REDIS_URL: `redis://127.0.0.1:${port}` }),
  forTests: ({ REDIS_URL }) => ({ REDIS_URL: urlForTests(REDIS_URL) }),
  probe,
  serverOptions,

  packages: { commands: ['redis-server'], debian: ['redis-server'] },
  async startPrivate({ port, commands }) {
    const dir = inServices('redis', 'data');
    fs.mkdirSync(dir, { recursive: true });
    return spawnBackground(commands['redis-server'], serverOptions({ port, dir }), {
      cwd: dir,
      logFile: inServices('redis', 'redis.log'),
    });
  },

  docker: {
    image: 'redis:7.0',
    port: 6379,
    dataFolder: '/data',
    env: () => ({}),
    args: () => ['redis-server', ...DURABILITY],
  },
};
