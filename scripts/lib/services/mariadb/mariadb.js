const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { inServices } = require('../../paths');
const { spawnBackground } = require('../../running/processes');
const { run } = require('../../running/run');
const { secret } = require('../../state');
const { asUser, installArguments, temporaryIn } = require('./data-folder');
const { accountStatements, urlsOf, forTests } = require('./mariadb-accounts');
const { probe, query } = require('./mariadb-client');

// Durable defaults stay (innodb_flush_log_at_trx_commit=1): what got a 2xx is never lost.
const SERVER_OPTIONS = [
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_unicode_ci',
  '--max-connections=500',
  '--innodb-buffer-pool-size=512M',
  '--default-time-zone=+00:00',
  '--skip-name-resolve',
];

/** Calls `use` with a link to `folder` whose path has no blanks: mariadb-install-db, a shell script, breaks on them. */
async function withPlainPath(folder, use) {
  const linkFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'concert-mariadb-'));
  const link = path.join(linkFolder, 'data');
  try {
    fs.symlinkSync(folder, link);
    return await use(link);
  } finally {
    fs.rmSync(linkFolder, { recursive: true });
  }
}

/** The first start fills the data folder, aside first: one that exists is complete. */
async function ensureDataFolder(command, dataFolder) {
  if (fs.existsSync(dataFolder)) return;
  const aside = `${dataFolder}.new`;
  fs.rmSync(aside, { recursive: true, force: true });
  fs.mkdirSync(aside);
  await withPlainPath(aside, (link) => run(command, installArguments(link), { what: 'mariadb-install-db' }));
  fs.renameSync(aside, dataFolder);
}

async function startPrivate({ port, commands }) {
  const dataFolder = inServices('mariadb', 'data');
  fs.mkdirSync(path.dirname(dataFolder), { recursive: true });
  await ensureDataFolder(commands['mariadb-install-db'], dataFolder);
  // The server runs these at each start, before it listens: accounts exist without any password for root.
  const initFile = inServices('mariadb', 'accounts.sql');
  fs.writeFileSync(initFile, accountStatements().join(';\n') + ';\n', { mode: 0o600 });
  // A unix socket's path is limited to 107 characters, which a checkout's may exceed.
  const socketFolder = fs.mkdtempSync(path.join(os.tmpdir(), 'concert-mariadb-'));
  const where = [`--datadir=${dataFolder}`, `--port=${port}`, '--bind-address=127.0.0.1'];
  const files = [
    `--socket=${path.join(socketFolder, 'mariadb.sock')}`,
    temporaryIn(socketFolder),
    `--pid-file=${inServices('mariadb', 'mariadb.pid')}`,
    `--init-file=${initFile}`,
  ];
  const child = spawnBackground(
    commands.mariadbd,
    ['--no-defaults', ...where, ...files, ...SERVER_OPTIONS, ...asUser()],
    {
      cwd: path.dirname(dataFolder),
      logFile: inServices('mariadb', 'mariadb.log'),
    },
  );
  child.temporaryFolder = socketFolder;
  return child;
}

/** In a container the accounts are made over TCP, as soon as root can log in. */
async function prepareContainer({ port }) {
  await query(`mariadb://root:${secret('mariadbRoot')}@127.0.0.1:${port}/mysql`, accountStatements());
}

module.exports = {
  name: 'mariadb',
  title: 'MariaDB',
  variables: ['DATABASE_URL', 'DATABASE_ADMIN_URL'],
  defaultUrl: 'mariadb://concert:concert@127.0.0.1:3306/concert',
  startupMs: 120_000,
  given: (env) => ({
    DATABASE_URL: env.DATABASE_URL,
    DATABASE_ADMIN_URL: env.DATABASE_ADMIN_URL || env.DATABASE_URL,
  }),
  urlsOf,
  forTests,
  probe,

  packages: { commands: ['mariadbd', 'mariadb-install-db'], debian: ['mariadb-server'] },
  startPrivate,

  docker: {
    image: 'mariadb:10.11',
    port: 3306,
    dataFolder: '/var/lib/mysql',
    env: () => ({ MARIADB_ROOT_PASSWORD: secret('mariadbRoot'), MARIADB_ROOT_HOST: '%' }),
    args: () => SERVER_OPTIONS,
    prepare: prepareContainer,
  },
};
