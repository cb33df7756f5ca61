// Who may do what: `concert_admin` owns both databases and migrates them; `concert` serves the API and starts
// with no rights at all, because the migrations grant it exactly what it needs.
const { secret } = require('../../state');

const DATABASE = 'concert';
const TEST_DATABASE = 'concert_test';
const ADMIN = 'concert_admin';
const APP = 'concert';

// '%' because the server listens on 127.0.0.1 only (or in a container that sees us under another address),
// and so that migrations can name the account without knowing where it connects from.
const account = (user) => `'${user}'@'%'`;

const createAccount = (user, password) => [
  `CREATE USER IF NOT EXISTS ${account(user)}`,
  `ALTER USER ${account(user)} IDENTIFIED BY '${password}'`,
];

/** Statements that may run any number of times. Passwords are base64url, so they need no quoting. */
function accountStatements() {
  return [
    `CREATE DATABASE IF NOT EXISTS ${DATABASE}`,
    `CREATE DATABASE IF NOT EXISTS ${TEST_DATABASE}`,
    ...createAccount(ADMIN, secret('mariadbAdmin')),
    ...createAccount(APP, secret('mariadbApp')),
    `GRANT ALL PRIVILEGES ON ${DATABASE}.* TO ${account(ADMIN)} WITH GRANT OPTION`,
    `GRANT ALL PRIVILEGES ON ${TEST_DATABASE}.* TO ${account(ADMIN)} WITH GRANT OPTION`,
    // Tests of the migrations make separate databases.
    `GRANT ALL PRIVILEGES ON \`${TEST_DATABASE.replaceAll('_', '\\_')}\\_%\`.* TO ${account(ADMIN)} WITH GRANT OPTION`,
  ];
}

function urlsOf({ port }) {
  const url = (user, password) => `mariadb://${user}:${password}@127.0.0.1:${port}/${DATABASE}`;
  return {
    DATABASE_URL: url(APP, secret('mariadbApp')),
    DATABASE_ADMIN_URL: url(ADMIN, secret('mariadbAdmin')),
  };
}

/** The same server with the test database, unless the URL names a test database already. */
function urlForTests(url) {
  const changed = new URL(url);
  if (!/_test(_[0-9a-f]+)?$/.test(changed.pathname)) changed.pathname = `/${TEST_DATABASE}`;
  return changed.href;
}

const forTests = ({ DATABASE_URL, DATABASE_ADMIN_URL }) => ({
  DATABASE_URL: urlForTests(DATABASE_URL),
  DATABASE_ADMIN_URL: urlForTests(DATABASE_ADMIN_URL),
});

module.exports = { accountStatements, urlsOf, forTests };
