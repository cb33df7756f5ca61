// The driver is an npm dependency: it is loaded when used, because these scripts run before it is installed.
const TIMEOUT_MS = 3000;
const MIN_VERSION = [10, 6]; // SKIP LOCKED
const UNKNOWN_DATABASE = 1049;

// The driver's URLs must name a database; this one is open to every account.
const ANY_DATABASE = 'information_schema';

const withDatabase = (url, database) => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
};

const databaseOf = (url) => decodeURIComponent(new URL(url).pathname.slice(1));

async function query(url, statements) {
  const mariadb = require('mariadb');
  const target = new URL(url);
  target.searchParams.set('connectTimeout', String(TIMEOUT_MS));
  const connection = await mariadb.createConnection(target.href);
  try {
    let rows;
    for (const statement of statements) rows = await connection.query(statement);
    return rows;
  } finally {
    await connection.end();
  }
}

/** One line, without the driver's connection number and SQL echo, and never a URL with a password. */
const reason = (error) =>
  (error.sqlMessage ?? error.message).split('\n')[0].replace(/:\/\/[^@\s]*@/g, '://***@');

async function ensureDatabase(url) {
  const database = databaseOf(url);
  if (!database) throw new Error('the URL names no database (mariadb://user:password@host:port/database)');
  try {
    return await query(url, ['SELECT VERSION() AS version']);
  } catch (error) {
    if (error.errno !== UNKNOWN_DATABASE) throw error;
    await query(withDatabase(url, ANY_DATABASE), [`CREATE DATABASE \`${database.replaceAll('`', '``')}\``]);
    return query(url, ['SELECT VERSION() AS version']);
  }
}

/** Rejects with the reason unless the admin reaches the (created if missing) database and the app user can log in. */
async function probe({ DATABASE_URL, DATABASE_ADMIN_URL }) {
  try {
    const [{ version }] = await ensureDatabase(DATABASE_ADMIN_URL);
    const [major, minor] = version.split('.').map(Number);
    const tooOld = major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1]);
    if (!/mariadb/i.test(version) || tooOld) throw new Error(`needs MariaDB 10.6 or newer, found ${version}`);
    // In no database of ours: before the first migration the app user has no rights on any.
    if (DATABASE_URL !== DATABASE_ADMIN_URL) await query(withDatabase(DATABASE_URL, ANY_DATABASE), ['DO 1']);
  } catch (error) {
    throw new Error(reason(error), { cause: error });
  }
}

module.exports = { probe, query, withDatabase };
