import { randomBytes } from 'node:crypto';
import { Database } from '../../../src/platform/database/database';
import { RIGHTS } from '../../../src/database/grants';
import { Migrator } from '../../../src/database/migrate';
import { quoteAccount } from '../../../src/database/names';
import { testConfig } from '../config';

const TIMEOUT_MS = 300_000;

const open = (url: string): Database =>
  new Database({ url, poolMax: 8, acquireMs: 10_000, timeoutMs: TIMEOUT_MS });

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

/** A database of the test's own, so that it may be migrated down, emptied and spoilt while others test. */
export class Scratch {
  readonly name = `concert_test_${randomBytes(6).toString('hex')}`;
  readonly adminUrl = withDatabase(testConfig().DATABASE_ADMIN_URL, this.name);
  readonly appUrl = withDatabase(testConfig().DATABASE_URL, this.name);
  readonly admin = open(this.adminUrl);
  readonly app = open(this.appUrl);
  /** What the migrators have reported. */
  readonly lines: string[] = [];

  /** The account of DATABASE_ADMIN_URL may make databases of this name: see scripts/. */
  static async create(charset = 'utf8mb4'): Promise<Scratch> {
    const scratch = new Scratch();
    await onServer((server) => server.execute(`CREATE DATABASE ${scratch.name} CHARACTER SET ${charset}`));
    return scratch;
  }

  static async migrated(): Promise<Scratch> {
    const scratch = await Scratch.create();
    await scratch.migrator().up();
    return scratch;
  }

  /** The environment in which a tool works on this database. */
  get env(): Record<string, string> {
    return { DATABASE_ADMIN_URL: this.adminUrl, DATABASE_URL: this.appUrl };
  }

  migrator(
    options: { folder?: string; adminUrl?: string; appUrl?: string; patienceMs?: number } = {},
  ): Migrator {
    const { adminUrl, appUrl } = this;
    return new Migrator({ adminUrl, appUrl, report: (line) => this.lines.push(line), ...options });
  }

  async tables(): Promise<string[]> {
    const rows = await this.admin.query<{ name: string }>(
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? ORDER BY 1',
      [this.name],
    );
    return rows.map(({ name }) => name);
  }

  /** Deletes all rows but those of the migrations; much quicker than another migrated database. */
  async empty(): Promise<void> {
    const tables = (await this.tables()).filter((table) => table !== 'migration');
    await this.admin.transaction(async (tx) => {
      await tx.execute('SET SESSION foreign_key_checks = 0');
      for (const table of tables) await tx.execute(`DELETE FROM ${table}`);
      await tx.execute('SET SESSION foreign_key_checks = 1');
    });
  }

  /** Rights outlive their tables, so they are taken back first. */
  async drop(): Promise<void> {
    const [app] = await onServer(
      (server) => server.query<{ account: string }>('SELECT CURRENT_USER() AS account'),
      this.appUrl,
    );
    await Promise.all([this.app.close(), this.admin.close()]);
    await onServer(async (server) => {
      for (const table of Object.keys(RIGHTS)) {
        const revoke = `REVOKE ALL PRIVILEGES ON ${this.name}.${table} FROM ${quoteAccount(app?.account ?? '')}`;
        await server.execute(revoke).catch(() => undefined); // was never granted
      }
      await server.execute(`DROP DATABASE IF EXISTS ${this.name}`);
    });
  }
}

async function onServer<T>(
  work: (server: Database) => Promise<T>,
  url: string = testConfig().DATABASE_ADMIN_URL,
): Promise<T> {
  const server = open(withDatabase(url, ''));
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}
