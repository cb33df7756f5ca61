import { join } from 'node:path';
import { SequelizeStorage, Umzug } from 'umzug';
import { monotonicMs } from '../common/clock';
import type { SqlExecutor } from '../platform/database/database';
import { openDatabase } from '../platform/database/connection/ready';
import { convertTables, pinDefault } from './character-set';
import { readMigrations } from './files';
import { grantRights } from './grants';
import { type Session, type SessionOptions, withMigrationLock } from './session';

const ASK_MS = 10_000;

export interface MigrateOptions extends SessionOptions {
  /** DATABASE_URL: its account is given its rights. */
  appUrl: string;
  /** Where the SQL files are. */
  folder?: string;
}

export interface MigrationState {
  name: string;
  applied: boolean;
}

/** There is no migration of that name. */
export class UnknownMigration extends Error {
  constructor(name: string, known: string[]) {
    super(`there is no migration "${name}": they are ${known.join(', ')}`);
  }
}

/** Takes back every migration. */
const ALL = '0';

/** Brings the schema up or down. Any number of processes may start at once: one migrates, the others find it done. */
export class Migrator {
  constructor(private readonly options: MigrateOptions) {}

  /**
   * Applies what is missing, up to and including `to`, and gives the application its rights.
   * @returns the names applied
   */
  async up(to?: string): Promise<string[]> {
    return withMigrationLock(this.options, async (session) => {
      const states = await this.states(session);
      checkName(states, to);
      const done = to !== undefined && states.some(({ name, applied }) => applied && name === to);
      await pinDefault(session.on, session.name, this.options.report);
      const applied = done ? [] : await this.umzug(session).up(to === undefined ? {} : { to });
      if (applied.length === 0) this.options.report('nothing to migrate');
      await convertTables(session.on, session.name, this.options.report);
      await this.grant(session);
      return applied.map(({ name }) => name);
    });
  }

  /**
   * Takes back the last migration, or all down to and including `to`. Their data is gone.
   * @returns the names taken back
   */
  async down(to?: string): Promise<string[]> {
    return withMigrationLock(this.options, async (session) => {
      const states = await this.states(session);
      if (to !== ALL) checkName(states, to);
      const done = to !== undefined && states.some(({ name, applied }) => !applied && name === to);
      const options = to === undefined ? {} : { to: to === ALL ? (0 as const) : to };
      const reverted = done ? [] : await this.umzug(session).down(options);
      if (reverted.length === 0) this.options.report('nothing to take back');
      return reverted.map(({ name }) => name);
    });
  }

  async status(): Promise<MigrationState[]> {
    return withMigrationLock(this.options, (session) => this.states(session));
  }

  private async states(session: Session): Promise<MigrationState[]> {
    const umzug = this.umzug(session);
    const executed = new Set((await umzug.executed()).map(({ name }) => name));
    return (await umzug.migrations(session.on)).map(({ name }) => ({ name, applied: executed.has(name) }));
  }

  private umzug({ on, database: { sequelize } }: Session): Umzug<SqlExecutor> {
    const umzug = new Umzug<SqlExecutor>({
      migrations: readMigrations(this.options.folder ?? join(__dirname, 'migrations')),
      context: on,
      storage: new SequelizeStorage({ sequelize, modelName: 'migration', tableName: 'migration' }),
      logger: undefined,
    });
    let startedAt = monotonicMs();
    const end = (verb: string, name: string): void => {
      this.options.report(`${verb} ${name} (${Math.round(monotonicMs() - startedAt)} ms)`);
      startedAt = monotonicMs();
    };
    umzug.on('migrated', ({ name }) => end('applied', name));
    umzug.on('reverted', ({ name }) => end('took back', name));
    return umzug;
  }

  /** The application's account is asked for by itself: it may have no right to this database yet. */
  private async grant({ on, name, account }: Session): Promise<void> {
    const url = new URL(this.options.appUrl);
    url.pathname = '';
    const app = await openDatabase({ ...this.options, url: url.href, timeoutMs: ASK_MS });
    try {
      const [who] = await app.query<{ account: string }>('SELECT CURRENT_USER() AS account');
      if (who === undefined || who.account === account) return;
      const tables = await grantRights(on, name, who.account);
      this.options.report(`granted ${who.account} its rights on ${tables} tables`);
    } finally {
      await app.close();
    }
  }
}

function checkName(states: MigrationState[], name: string | undefined): void {
  if (name === undefined || states.some((state) => state.name === name)) return;
  throw new UnknownMigration(
    name,
    states.map((state) => state.name),
  );
}
