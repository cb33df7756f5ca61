import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../../src/platform/database/database';
import { Migrator } from '../../../src/database/migrate';
import { freePort } from '../../../scripts/lib/ports';
import { asUser, installArguments, temporaryIn } from '../../../scripts/lib/services/mariadb/data-folder';
import { until } from '../wait';
import { openDatabase } from '../rows/given';

/** Why there can be no MariaDB of a test's own on this machine; undefined: there can. */
export const noMariaDbServer = ['mariadbd', 'mariadb-install-db'].some(
  (program) => spawnSync(program, ['--version']).error !== undefined,
)
  ? 'there is no mariadbd on PATH'
  : undefined;

const PASSWORD = 'a-test'; // listens on 127.0.0.1, for as long as a test lasts
const ACCOUNTS = [
  'CREATE DATABASE concert',
  ...['root', 'owner', 'app'].map((user) => `CREATE USER '${user}'@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'`),
  "GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION",
  "GRANT ALL PRIVILEGES ON concert.* TO 'owner'@'127.0.0.1' WITH GRANT OPTION",
];

/** A MariaDB of the test's own, migrated: its global variables may be set, and it may be demoted. */
export class MariaDbServer {
  private child: ChildProcess | undefined;
  /** As an account that may do everything, also while the server is read-only. */
  readonly root: Database;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly options: string[],
  ) {
    this.root = openDatabase(4, this.url('root'));
  }

  /** `count` servers with the same, empty tables. @param more options of each mariadbd */
  static async start(count: number, more: string[] = []): Promise<MariaDbServer[]> {
    const folders = Array.from({ length: count }, () => mkdtempSync(join(tmpdir(), 'mariadb-')));
    const [first = ''] = folders;
    const args = [...installArguments(join(first, 'data')), '--innodb-log-file-size=8M'];
    execFileSync('mariadb-install-db', args, { stdio: 'ignore' });
    for (const folder of folders.slice(1))
      cpSync(join(first, 'data'), join(folder, 'data'), { recursive: true });
    return Promise.all(
      folders.map(async (folder) => {
        const server = new MariaDbServer(folder, await freePort(), more);
        await server.launch();
        return server;
      }),
    );
  }

  /** @param port where it is reached: its own, or a proxy's */
  url(user: 'root' | 'owner' | 'app', port = this.port): string {
    return `mariadb://${user}:${PASSWORD}@127.0.0.1:${port}/concert`;
  }

  async set(variables: string): Promise<void> {
    await this.root.execute(`SET GLOBAL ${variables}`);
  }

  async end(): Promise<void> {
    await this.root.close();
    const { child } = this;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async launch(): Promise<void> {
    const initFile = join(this.folder, 'accounts.sql');
    writeFileSync(initFile, `${ACCOUNTS.join(';\n')};\n`);
    this.child = spawn(
      'mariadbd',
      [
        '--no-defaults',
        `--datadir=${join(this.folder, 'data')}`,
        `--port=${this.port}`,
        '--bind-address=127.0.0.1',
        `--socket=${join(this.folder, 'sock')}`,
        temporaryIn(this.folder),
        `--pid-file=${join(this.folder, 'pid')}`,
        `--init-file=${initFile}`,
        '--skip-name-resolve',
        '--character-set-server=utf8mb4',
        '--innodb-buffer-pool-size=32M',
        '--innodb-log-file-size=8M',
        '--innodb-flush-log-at-trx-commit=0',
        ...asUser(),
        ...this.options,
      ],
      { stdio: 'ignore' },
    );
    await until('MariaDB answers', () =>
      this.root.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    );
    const urls = { adminUrl: this.url('owner'), appUrl: this.url('app') };
    await new Migrator({ ...urls, report: () => undefined }).up();
  }
}
