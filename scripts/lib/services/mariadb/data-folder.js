// How the data folder of a private MariaDB is made, and as whom mariadbd reads it: services, lab/faults and tests start one.
const os = require('node:os');

// mariadbd refuses root unless an option allows it; as root it can read a data folder in any checkout, as `mysql` it could not
// pass a parent folder of mode 700.
const asUser = () => (process.getuid?.() === 0 ? ['--user=root'] : []);

/** A container's arbitrary uid may have no name; nobody can be root in the database then. */
function userName() {
  try {
    return os.userInfo().username;
  } catch {
    return 'root';
  }
}

/**
 * A server deletes the temporary tables that it finds when it starts, also those of other servers: each has a folder that
 * no other uses.
 */
const temporaryIn = (folder) => `--tmpdir=${folder}`;

/**
 * Of mariadb-install-db, a shell script: `folder` must have no blanks in its path. root may log in through the unix socket,
 * as this system user and without a password, and in no other way.
 */
const installArguments = (folder) => [
  '--no-defaults',
  `--datadir=${folder}`,
  temporaryIn(folder),
  '--skip-test-db',
  '--skip-name-resolve',
  ...asUser(),
  '--auth-root-authentication-method=socket',
  `--auth-root-socket-user=${userName()}`,
];

module.exports = { asUser, installArguments, temporaryIn };
