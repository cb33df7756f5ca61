import type { Connection, Prepare, UpsertResult } from 'mariadb';
import { Sequelize } from 'sequelize';
import { monotonicMs } from '../../common/clock';
import { parseDatabaseUrl } from '../../config/urls';
import { Unavailable } from '../../common/errors';
import { databaseErrorKind, isDeadlock, isStatementLimit } from './errors';
import { ReconnectLimit } from '../reconnect-limit';

export { isDuplicateKey, isLockWaitTimeout } from './errors';

/** A value bound to a placeholder. */
export type SqlParam = string | number | Buffer | Date | null;

/** Runs prepared statements, on its own connection or inside a transaction. */
export interface SqlExecutor {
  /** Rows of a statement that returns some. */
  query<T>(sql: string, binds?: SqlParam[]): Promise<T[]>;
  /** Effect of a statement that returns none. */
  execute(sql: string, binds?: SqlParam[]): Promise<{ affectedRows: number; insertId: number }>;
}

/** `?, ?, …` for a list of `count` values. Always the same count, with `padded`: each is a prepared statement. */
export const placeholders = (count: number): string => Array<string>(count).fill('?').join(', ');

/** `ids` and so many times the first of them again that there are `count`. */
export const padded = (ids: number[], count: number): number[] => [
  ...ids,
  ...ids.slice(0, 1).flatMap((first) => Array<number>(count - ids.length).fill(first)),
];

export interface DatabaseOptions {
  url: string;
  poolMax: number;
  acquireMs: number;
  timeoutMs: number;
  /** Most prepared statements that a connection keeps. */
  statementsMax?: number;
  /** Called when the server says that it is demoted, and all connections are given up for new ones. */
  onGivenUp?: (error: unknown) => void;
}

/** MariaDB could not be asked: no connection, or no answer in time. Mapped to 503. */
export class DatabaseUnavailable extends Unavailable {
  constructor(override readonly cause: unknown) {
    super('The database');
  }
}

const DEADLOCK_TRIES = 8;
const DEFAULT_STATEMENTS_MAX = 48;

/** Turns errors that say "not now" into DatabaseUnavailable; leaves the others (bugs, broken constraints) alone. */
function translate(error: unknown): unknown {
  if (error instanceof Unavailable) return error;
  return databaseErrorKind(error) === 'mistake' ? error : new DatabaseUnavailable(error);
}

const causeOf = (error: unknown): unknown => (error instanceof DatabaseUnavailable ? error.cause : error);

class OnConnection implements SqlExecutor {
  constructor(private readonly connection: Connection) {}

  async query<T>(sql: string, binds?: SqlParam[]): Promise<T[]> {
    return this.runPrepared<T[]>(sql, binds);
  }

  async execute(sql: string, binds?: SqlParam[]): Promise<{ affectedRows: number; insertId: number }> {
    const { affectedRows, insertId } = await this.runPrepared<UpsertResult>(sql, binds);
    return { affectedRows, insertId: Number(insertId) };
  }

  /**
   * Not `connection.execute`: it sends PREPARE and EXECUTE at once, the latter for "the last statement that was
   * prepared". If the PREPARE fails, the server executes an older statement with these values, and the connector throws
   * a TypeError in a callback of the socket. When the server has no room for another prepared statement, the statement
   * goes by the text protocol.
   */
  private async runPrepared<T>(sql: string, binds?: SqlParam[]): Promise<T> {
    let statement: Prepare;
    try {
      statement = await this.connection.prepare(sql); // from the connection's cache, nearly always
    } catch (error) {
      if (!isStatementLimit(error)) throw error;
      return this.connection.query<T>(sql, binds);
    }
    try {
      return await statement.execute<T>(binds);
    } finally {
      statement.close(); // gives it back to the cache
    }
  }
}

/**
 * A statement waits for a row lock for two thirds of the time that its unit of work may take (2 s by default). The
 * server ends a transaction that a vanished host has left behind after 10 s, or later if work may take longer.
 * @param timeoutMs longest time that a unit of work may take
 */
export function lockTimeouts(timeoutMs: number): string {
  const lockWaitSeconds = Math.min(50, Math.max(1, Math.floor((timeoutMs * 2) / 3000)));
  const idleSeconds = Math.min(60, Math.max(10, Math.ceil(timeoutMs / 1000)));
  return `innodb_lock_wait_timeout = ${lockWaitSeconds}, idle_transaction_timeout = ${idleSeconds}`;
}

/** What is used of Sequelize's pool. */
interface Pool {
  size: number;
  using: number;
  waiting: number;
  /** Closes the idle connections. */
  destroyAllNow(): Promise<void>;
}

/**
 * MariaDB. Sequelize owns the connections (pool, validation, migrations); statements are SQL in plain sight, run as
 * prepared statements on the connector, which is 2–3 times as fast as through the query generator (ADR 0002).
 */
export class Database implements SqlExecutor {
  readonly sequelize: Sequelize;
  /** When a connection was last refused or lost, by the monotonic clock. */
  lostAtMs = -Infinity;
  private readonly reconnects = new ReconnectLimit();
  /** Connections made since all were given up for the last time; the pool closes the others instead of lending them. */
  private current = new WeakSet<object>();
  private longestWaitMs = 0;
  private busy = { ms: 0, sinceMs: monotonicMs() };

  constructor(private readonly options: DatabaseOptions) {
    const { database, user, password, host, port, ssl } = parseDatabaseUrl(options.url);
    this.sequelize = new Sequelize(database, user, password, {
      dialect: 'mariadb',
      host,
      port,
      logging: false,
      keepDefaultTimezone: true, // the session's zone is set below, once per connection
      pool: {
        max: options.poolMax,
        min: 0,
        idle: 60_000,
        acquire: options.acquireMs,
        validate: (connection) => this.isUsable(connection as Connection),
      },
      retry: { max: 0 },
      hooks: { afterConnect: (connection) => void this.current.add(connection as object) },
      dialectOptions: {
        ssl,
        timezone: '+00:00',
        typeCast: undefined,
        bigIntAsNumber: true,
        insertIdAsNumber: true,
        decimalAsNumber: true,
        checkNumberRange: true,
        autoJsonMap: false,
        foundRows: true, // affectedRows of an UPDATE are those that matched: a guard holds though nothing changes
        prepareCacheLength: options.statementsMax ?? DEFAULT_STATEMENTS_MAX,
        connectTimeout: Math.min(options.acquireMs, options.timeoutMs),
        // READ COMMITTED: no gap locks, and sub-selects of a write take no locks. The rest does not depend on how the
        // server is set up: text is utf8mb4 and never cut, statements commit themselves, tables are made with transactions.
        initSql: [
          "SET NAMES utf8mb4 COLLATE utf8mb4_bin, time_zone = '+00:00', autocommit = 1",
          `SET ${lockTimeouts(options.timeoutMs)}, default_storage_engine = InnoDB`,
          // MariaDB's own default since 10.2
          "SET sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION'",
          'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
        ],
      },
    } as ConstructorParameters<typeof Sequelize>[1]);
  }

  /** Connections of this process: open, in use, and requests that wait for one. */
  get pool(): { open: number; inUse: number; waiting: number } {
    const { size, using, waiting } = this.connections;
    return { open: size, inUse: using, waiting };
  }

  /** Longest wait for a connection since it was last asked. */
  takeLongestWaitMs(): number {
    const taken = this.longestWaitMs;
    this.longestWaitMs = 0;
    return taken;
  }

  /** Share of the connections' time in which they were in use since it was last asked; a use counts when it ends. */
  takeBusyShare(): number {
    const now = monotonicMs();
    const { ms, sinceMs } = this.busy;
    this.busy = { ms: 0, sinceMs: now };
    return Math.min(1, ms / Math.max(1, (now - sinceMs) * this.options.poolMax));
  }

  async query<T>(sql: string, binds?: SqlParam[]): Promise<T[]> {
    return this.withConnection((connection) => new OnConnection(connection).query<T>(sql, binds));
  }

  async execute(sql: string, binds?: SqlParam[]): Promise<{ affectedRows: number; insertId: number }> {
    return this.withConnection((connection) => new OnConnection(connection).execute(sql, binds));
  }

  /**
   * Runs `work` in one transaction; a deadlock is tried again with jitter.
   * @throws DatabaseUnavailable when the outcome could not be had in time; then a commit may or may not have happened
   */
  async transaction<T>(work: (tx: SqlExecutor) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.withConnection((connection) => inTransaction(connection, work));
      } catch (error) {
        if (!isDeadlock(causeOf(error)) || attempt === DEADLOCK_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** attempt));
      }
    }
  }

  async close(): Promise<void> {
    await this.sequelize.close();
  }

  private get connections(): Pool {
    return (this.sequelize.connectionManager as unknown as { pool: Pool }).pool;
  }

  /** Draws from an error what it says about its connection, and about all of them. */
  private notice(error: unknown, connection?: Connection): void {
    const kind = databaseErrorKind(error);
    if (kind === 'lost' || kind === 'demoted') this.lostAtMs = monotonicMs();
    if (kind === 'lost') connection?.destroy();
    if (kind !== 'demoted' || !this.reconnects.allow()) return;
    this.current = new WeakSet();
    void this.connections.destroyAllNow().catch(() => undefined); // the idle ones; those in use follow
    this.options.onGivenUp?.(error);
  }

  private isUsable(connection: Connection): boolean {
    if (connection.isValid() && this.current.has(connection)) return true;
    connection.destroy();
    return false;
  }

  private async withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const manager = this.sequelize.connectionManager;
    const askedAtMs = monotonicMs();
    let connection: Connection;
    try {
      connection = (await manager.getConnection({ type: 'write' })) as unknown as Connection;
    } catch (error) {
      this.notice(error);
      throw new DatabaseUnavailable(error);
    } finally {
      this.longestWaitMs = Math.max(this.longestWaitMs, monotonicMs() - askedAtMs);
    }
    const gotAtMs = monotonicMs();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        connection.destroy(); // the server rolls back what was not committed
        reject(new DatabaseUnavailable(new Error(`no answer within ${this.options.timeoutMs} ms`)));
      }, this.options.timeoutMs);
    });
    try {
      return await Promise.race([work(connection), late]);
    } catch (error) {
      this.notice(error, connection);
      throw translate(error);
    } finally {
      clearTimeout(timer);
      manager.releaseConnection(connection);
      this.busy.ms += monotonicMs() - gotAtMs;
    }
  }
}

async function inTransaction<T>(connection: Connection, work: (tx: SqlExecutor) => Promise<T>): Promise<T> {
  // Awaited: a first statement sent right behind a BEGIN that fails would be committed by itself.
  await connection.beginTransaction();
  try {
    const result = await work(new OnConnection(connection));
    await connection.commit();
    return result;
  } catch (error) {
    // Also after 1205, which undoes the statement only (innodb_rollback_on_timeout is OFF).
    await connection.rollback().catch(() => {
      connection.destroy();
    });
    throw error;
  }
}
