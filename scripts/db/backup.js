// npm run db -- backup | restore: the scripts of the chart's CronJobs, on the database of this machine or of the variables.
const fs = require('node:fs');
const path = require('node:path');
const { misuse, readArguments } = require('../lib/arguments/arguments');
const { findCommand } = require('../lib/tools/commands');
const { ensureDependencies } = require('../lib/dependencies');
const { Failure } = require('../lib/running/failure');
const { listen, shouldAbandon } = require('../lib/running/interruption');
const { inRoot, inServices } = require('../lib/paths');
const { note, step } = require('../lib/running/progress');
const { run } = require('../lib/running/run');
const { runTool, urlsOfRunning } = require('../lib/tool');

const SCRIPTS = inRoot('charts', 'concert-api', 'files');
const BACKUPS = inServices('backups');
const NEEDS = { backup: 'mariadb-dump', restore: 'mariadb' };
const TODO = {
  backup: 'see the message above; the account of DATABASE_ADMIN_URL must be allowed to read everything.',
  restore:
    'stop every process of the product, repair what the message says, and restore again: a restore starts with an empty database.',
};

const BACKUP_USAGE = `npm run db -- backup [--folder FOLDER] [--keep N]   writes a consistent dump while the product runs
  --folder FOLDER   where the dumps are, by default .services/backups
  --keep N          dumps that stay there, the newest ones; by default 14
The account of DATABASE_ADMIN_URL is used; any that may read everything is enough.`;

const RESTORE_USAGE = `npm run db -- restore [FILE] --replace [--folder FOLDER]   replaces the database by a dump, migrates and verifies it
  FILE              by default the newest of the folder
  --replace         confirms that everything in the database is deleted first
  --folder FOLDER   where the dumps are, by default .services/backups
Stop every process of the product first. The account of DATABASE_ADMIN_URL is used.`;

/** What the scripts read of a URL mariadb://user:password@host:port/database?ssl=true. */
function targetOf(url) {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  return {
    env: {
      DATABASE_HOST: hostname.replace(/^\[|\]$/g, ''),
      DATABASE_PORT: port || '3306',
      DATABASE_USER: decodeURIComponent(username),
      MYSQL_PWD: decodeURIComponent(password),
      DATABASE: decodeURIComponent(pathname.slice(1)),
    },
    options: searchParams.get('ssl') === 'true' ? ['--ssl'] : [],
  };
}

/** @throws Failure with what the script said */
async function runScript(name, url, own) {
  if (findCommand(NEEDS[name]) === undefined)
    throw new Failure(`There is no ${NEEDS[name]} on this machine.`, {
      todo: 'install MariaDB’s client programs (Debian: mariadb-client).',
    });
  const { env, options } = targetOf(url);
  const all = { ...process.env, ...env, ...own };
  const what = `${env.DATABASE} on ${env.DATABASE_HOST}`;
  return step(`${name} ${what}`, async () =>
    (
      await run('sh', [path.join(SCRIPTS, `${name}.sh`), ...options], {
        env: all,
        what: name,
        todo: TODO[name],
        // What an interrupted step says is else not shown: that the database is half restored.
        onOutput: (text) => shouldAbandon() && note(text.trim()),
      })
    ).trim(),
  );
}

/** Made if there is none. @throws Failure for a file, and for a folder that cannot be written */
function demandFolder(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    fs.accessSync(folder, fs.constants.W_OK);
  } catch (error) {
    throw new Failure(`Dumps cannot be written to --folder ${folder}: ${error.message}`);
  }
}

async function adminUrl() {
  await ensureDependencies();
  const urls = await urlsOfRunning({ needs: ['mariadb'] });
  return urls.DATABASE_ADMIN_URL;
}

async function backup(args) {
  const options = {
    folder: { type: 'string', default: BACKUPS },
    keep: { type: 'string', default: '14' },
  };
  const { values } = readArguments({ args, usage: BACKUP_USAGE, options });
  if (!/^[1-9]\d{0,5}$/.test(values.keep)) throw misuse('--keep: a whole number, at least 1.', BACKUP_USAGE);
  listen();
  demandFolder(values.folder);
  const url = await adminUrl();
  await runScript('backup', url, { FOLDER: values.folder, KEEP: values.keep });
}

async function restore(args) {
  const options = { folder: { type: 'string' }, replace: { type: 'boolean', default: false } };
  const { values, positionals } = readArguments({
    args,
    usage: RESTORE_USAGE,
    options,
    names: args,
    atMost: 1,
  });
  const [file = ''] = positionals;
  if (!values.replace)
    throw misuse('This deletes everything in the database first: confirm it by --replace.', RESTORE_USAGE);
  if (file.includes('/') && values.folder !== undefined)
    throw misuse(`Either --folder, or the folder of ${file}.`, RESTORE_USAGE);
  const FOLDER = file.includes('/') ? path.dirname(path.resolve(file)) : (values.folder ?? BACKUPS);
  if (!fs.existsSync(path.join(FOLDER, path.basename(file))))
    throw new Failure(`There is no ${path.join(FOLDER, path.basename(file))}.`, { todo: `ls ${FOLDER}` });
  listen();
  await runScript('restore', await adminUrl(), { FOLDER, FILE: path.basename(file) });
  const services = { needs: ['mariadb'] };
  return (
    (await runTool('migrate', [], services)) ||
    (await runTool('verify', [], { needs: ['mariadb', 'redis'], uses: ['kafka'] }))
  );
}

module.exports = {
  backup: { about: 'writes a dump of the database', usage: BACKUP_USAGE, run: backup },
  restore: {
    about: 'replaces the database by a dump, migrates and verifies it',
    usage: RESTORE_USAGE,
    run: restore,
  },
};
