import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mariadb';
import dataFolder from '../../../scripts/lib/services/mariadb/data-folder.js';
import { Child } from './child.ts';

const { asUser, installArguments, temporaryIn } = dataFolder;

const DATABASE = 'concert_faults';
const PASSWORD = 'faults'; // listens on 127.0.0.1, for as long as the run lasts
const CONNECT_MS = 1000;

const ACCOUNTS = [
  `CREATE DATABASE IF NOT EXISTS ${DATABASE}`,
  ...['nemesis', 'owner', 'app'].flatMap((user) => [
    `CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY '${PASSWORD}'`,
  ]),
  "GRANT ALL PRIVILEGES ON *.* TO 'nemesis'@'%'",
  `GRANT ALL PRIVILEGES ON ${DATABASE}.* TO 'owner'@'%' WITH GRANT OPTION`,
];

/** A MariaDB of the run's own, durable as in production. */
export class MariaDb {
  readonly child: Child;
  readonly port: number;

  /** @param folder for its data */
  constructor(folder: string, logFile: string, port: number) {
    this.port = port;
    const data = join(folder, 'mariadb');
    mkdirSync(folder, { recursive: true });
    execFileSync('mariadb-install-db', installArguments(data), { stdio: 'ignore' });
    const initFile = join(folder, 'accounts.sql');
    writeFileSync(initFile, `${ACCOUNTS.join(';\n')};\n`);
    const args = [
      '--no-defaults',
      `--datadir=${data}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'mariadb.sock')}`,
      temporaryIn(folder),
      `--pid-file=${join(folder, 'mariadb.pid')}`,
      `--init-file=${initFile}`,
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_unicode_ci',
      '--max-connections=120',
      '--innodb-buffer-pool-size=128M',
      '--innodb-log-file-size=48M',
      '--default-time-zone=+00:00',
      '--skip-name-resolve',
      ...asUser(),
    ];
    this.child = new Child(
      'mariadb',
      logFile,
      () => ({ file: 'mariadbd', args }),
      () => this.answers(),
    );
  }

  /** @param port where it is reached: its own, or a proxy's */
  url(user: 'app' | 'owner' | 'nemesis', port = this.port): string {
    return `mariadb://${user}:${PASSWORD}@127.0.0.1:${port}/${DATABASE}`;
  }

  async connect(user: 'app' | 'nemesis' = 'nemesis'): Promise<Connection> {
    const connection = await createConnection({
      host: '127.0.0.1',
      port: this.port,
      user,
      password: PASSWORD,
      database: DATABASE,
      timezone: 'Z',
      bigIntAsNumber: true,
      insertIdAsNumber: true,
      decimalAsNumber: true,
      connectTimeout: CONNECT_MS,
    });
    connection.on('error', () => undefined); // it is killed on purpose
    return connection;
  }

  /** Rows of one statement, on a separate connection with all rights. */
  async rows<T>(sql: string, binds: unknown[] = []): Promise<T[]> {
    const connection = await this.connect();
    try {
      return await connection.query<T[]>(sql, binds);
    } finally {
      connection.destroy();
    }
  }

  private async answers(): Promise<boolean> {
    try {
      await this.rows('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }
}
