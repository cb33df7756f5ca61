import type { Connection, UpsertResult } from 'mariadb';
import { Sequelize } from 'sequelize';
import { monotonicMs } from '../clock';
import { parseDatabaseUrl } from '../config/urls';
import { Unavailable } from '../errors';

/** A value bound to a placeholder. */
export type Bind = string | number | Buffer | Date | null;

/** Runs prepared statements, on its own connection or inside a transaction. */
export interface Statements {
  /** Rows of a statement that returns some. */
  rows<T>(sql: string, binds?: Bind[]): Promise<T[]>;
  /** Effect of a statement that returns none. */
  run(sql: string, binds?: Bind[]): Promise<{ affectedRows: number; insertId: number }>;
}

/** `?, ?, …` for a list of `count` values. */
export const placeholders = (count: number): string => Array<string>(count).fill('?').join(', ');

export interface DatabaseOptions {
  url: string;
  poolMax: number;
  acquireMs: number;
  timeoutMs: number;
}

/** MariaDB could not be asked: no connection, or no answer in time. Mapped to 503. */
export class DatabaseUnavailable extends Unavailable {
  constructor(override readonly cause: unknown) {
    super('The database');
  }
}

const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;
/** How a deadlock over the AUTO-INC lock of an INSERT … SELECT is told. */
const AUTO_INCREMENT_UNREAD = 1467;
const DUPLICATE_KEY = 1062;
const DEADLOCK_TRIES = 8;

/** Server errors that say "not now" rather than "wrong statement": shutdown, too many connections, read-only, … */
const UNAVAILABLE_ERRORS = new Set([
  1021,
  1040,
  1041,
  1053,
  1077,
  1114,
  1129,
  1152,
  1158,
  1159,
  1160,
  1161,
  1184,
  1203,
  LOCK_WAIT_TIMEOUT,
  DEADLOCK,
  1226,
  1290,
  1317,
  AUTO_INCREMENT_UNREAD,
  1836,
  1927,
  1969,
  3024,
]);

const errnoOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : undefined;

const isDeadlock = (error: unknown): boolean => {
  const errno = error instanceof DatabaseUnavailable ? errnoOf(error.cause) : undefined;
  return errno === DEADLOCK || errno === AUTO_INCREMENT_UNREAD;
};

/** @param key which unique key it is to be; without: any */
export const isDuplicateKey = (error: unknown, key = ''): boolean =>
  errnoOf(error) === DUPLICATE_KEY && error instanceof Error && error.message.includes(key);
export const isLockWaitTimeout = (error: unknown): boolean => errnoOf(error) === LOCK_WAIT_TIMEOUT;

/** Of the connection, not of the server: refused, reset, timed out. */
const isFromClient = (errno: number): boolean => errno < 1000 || errno >= 45_000;

/** Whether there was no connection to be had, or it broke; waiting for a free one of the pool is something else. */
function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const errno = errnoOf(error);
  if (errno !== undefined) return isFromClient(errno);
  return (
    error.name.startsWith('SequelizeConnection') && error.name !== 'SequelizeConnectionAcquireTimeoutError'
  );
}

/** Turns "cannot be asked" errors into DatabaseUnavailable; leaves the others (bugs, broken constraints) alone. */
function translate(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Unavailable) return error;
  const errno = errnoOf(error);
  const fromClient = errno !== undefined && isFromClient(errno);
  if (
    error.name.startsWith('Sequelize') ||
    fromClient ||
    (errno !== undefined && UNAVAILABLE_ERRORS.has(errno))
  )
    return new DatabaseUnavailable(error);
  return error;
}

class OnConnection implements Statements {
  constructor(private readonly connection: Connection) {}

  async rows<T>(sql: string, binds?: Bind[]): Promise<T[]> {
    return this.connection.execute<T[]>(sql, binds);
  }

  async run(sql: string, binds?: Bind[]): Promise<{ affectedRows: number; insertId: number }> {
    const { affectedRows, insertId } = await this.connection.execute<UpsertResult>(sql, binds);
    return { affectedRows, insertId: Number(insertId) };
  }
}

interface PoolNumbers {
  size: number;
  available: number;
  using: number;
  waiting: number;
}

/**
 * MariaDB. Sequelize owns the connections (pool, validation, migrations); statements are SQL in plain sight, run as
 * prepared statements on the connector, which is 2–3 times as fast as through the query generator (ADR 0002).
 */
export class Database implements Statements {
  readonly sequelize: Sequelize;
  /** When a connection was last refused or lost, by the monotonic clock. */
  lostAtMs = -Infinity;
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
      pool: { max: options.poolMax, min: 0, idle: 60_000, acquire: options.acquireMs },
      retry: { max: 0 },
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
        prepareCacheLength: 256,
        connectTimeout: Math.min(options.acquireMs, options.timeoutMs),
        // READ COMMITTED: no gap locks, and sub-selects of a write take no locks. A lock is waited for at most 2 s, and
        // what a vanished host had locked is free after 10 s. The rest does not depend on how the server is set up:
        // text is utf8mb4 and never cut, statements commit themselves, tables are made with transactions.
        initSql: [
          "SET NAMES utf8mb4 COLLATE utf8mb4_bin, time_zone = '+00:00', autocommit = 1",
          'SET innodb_lock_wait_timeout = 2, idle_transaction_timeout = 10, default_storage_engine = InnoDB',
          // MariaDB's own default since 10.2
          "SET sql_mode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION'",
          'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
        ],
      },
    } as ConstructorParameters<typeof Sequelize>[1]);
  }

  /** Connections of this process: open, in use, and requests that wait for one. */
  get pool(): { open: number; inUse: number; waiting: number } {
    const { pool } = this.sequelize.connectionManager as unknown as { pool: PoolNumbers };
    return { open: pool.size, inUse: pool.using, waiting: pool.waiting };
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

  async rows<T>(sql: string, binds?: Bind[]): Promise<T[]> {
    return this.withConnection((connection) => new OnConnection(connection).rows<T>(sql, binds));
  }

  async run(sql: string, binds?: Bind[]): Promise<{ affectedRows: number; insertId: number }> {
    return this.withConnection((connection) => new OnConnection(connection).run(sql, binds));
  }

  /**
   * Runs `work` in one transaction; a deadlock is tried again with jitter.
   * @throws DatabaseUnavailable when the outcome could not be had in time; then a commit may or may not have happened
   */
  async transaction<T>(work: (tx: Statements) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.withConnection((connection) => inTransaction(connection, work));
      } catch (error) {
        if (!isDeadlock(error) || attempt === DEADLOCK_TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** attempt));
      }
    }
  }

  async close(): Promise<void> {
    await this.sequelize.close();
  }

  private notice(error: unknown): void {
    if (isLost(error)) this.lostAtMs = monotonicMs();
  }

  private async withConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const manager = this.sequelize.connectionManager;
    const askedAtMs = monotonicMs();
    let connection: Connection;
    try {
      connection = (await manager.getConnection({ type: 'write' })) as unknown as Connection;
    } catch (error) {
      this.notice(error);
      throw translate(error);
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
      this.notice(error);
      throw translate(error);
    } finally {
      clearTimeout(timer);
      manager.releaseConnection(connection);
      this.busy.ms += monotonicMs() - gotAtMs;
    }
  }
}

async function inTransaction<T>(connection: Connection, work: (tx: Statements) => Promise<T>): Promise<T> {
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
