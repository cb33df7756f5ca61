import type { Sequelize, Transaction } from 'sequelize';
import { retry } from '../../common/retry';
import { DatabaseUnavailable, isDeadlock } from './errors';
import type { DatabaseOptions } from './connection/options';
import { ConnectionPool } from './connection/pool';
import { PreparedExecutor } from './connection/prepared';
import type { SqlExecutor, SqlParam, SqlWriter } from './sql';
import { NO_TRACES, type Tracer } from '../observability/traces/tracer';
import { tracedStatement, TRANSACTION } from '../observability/traces/statements';
import { inTransaction, type SqlTransaction } from './transaction';

export { DatabaseUnavailable, isDuplicateKey, isLockWaitTimeout } from './errors';
export {
  ascending,
  forIds,
  padded,
  placeholders,
  type SqlExecutor,
  type SqlParam,
  type SqlWriter,
  UTF8,
} from './sql';
export { answersOf, type SqlTransaction } from './transaction';

const DEADLOCK_ATTEMPTS = 8;

const causeOf = (error: unknown): unknown => (error instanceof DatabaseUnavailable ? error.cause : error);

/** A transaction of Sequelize's, for models, in which SQL can be run as well. */
export interface ModelTransaction extends SqlWriter {
  readonly transaction: Transaction;
}

/**
 * MariaDB. Sequelize owns the connections (pool, validation, migrations); statements are SQL in plain sight, run as
 * prepared statements on the connector, which is 2–3 times as fast as through the query generator (ADR 0002).
 */
export class Database implements SqlExecutor {
  private readonly connections: ConnectionPool;
  private readonly tracer: Tracer;

  constructor(options: DatabaseOptions) {
    this.tracer = options.tracer ?? NO_TRACES;
    this.connections = new ConnectionPool(options);
  }

  get sequelize(): Sequelize {
    return this.connections.sequelize;
  }

  /** When a connection was last refused or lost, by the monotonic clock. */
  get lostAtMs(): number {
    return this.connections.lostAtMs;
  }

  /** Connections of this process: open, in use, and requests that wait for one. */
  get pool(): ConnectionPool['size'] {
    return this.connections.size;
  }

  /** Longest wait for a connection since the last call. */
  takeLongestWaitMs(): number {
    return this.connections.takeLongestWaitMs();
  }

  /** Share of the connections' time in which they were in use since the last call; a use counts when it ends. */
  takeBusyShare(): number {
    return this.connections.takeBusyShare();
  }

  async query<T>(sql: string, binds?: SqlParam[]): Promise<T[]> {
    return tracedStatement(this.tracer, sql, () =>
      this.connections.withConnection((connection) => new PreparedExecutor(connection).query<T>(sql, binds)),
    );
  }

  async execute(sql: string, binds?: SqlParam[]): Promise<{ affectedRows: number; insertId: number }> {
    return tracedStatement(this.tracer, sql, () =>
      this.connections.withConnection((connection) => new PreparedExecutor(connection).execute(sql, binds)),
    );
  }

  /** Runs `work` on one connection, outside any transaction: each of its statements commits by itself. */
  async onOneConnection<T>(work: (on: SqlExecutor) => Promise<T>): Promise<T> {
    return this.connections.withConnection((connection) =>
      work(new PreparedExecutor(connection, this.tracer)),
    );
  }

  /**
   * Runs `work` in one transaction; a deadlock is tried again with jitter.
   * @throws DatabaseUnavailable when the outcome is not known in time; then a commit may or may not have happened
   */
  async transaction<T>(work: (tx: SqlTransaction) => Promise<T>): Promise<T> {
    return this.untilNoDeadlock(() =>
      this.tracer.run('transaction', TRANSACTION, () =>
        this.connections.withConnection((connection) => inTransaction(connection, work, this.tracer)),
      ),
    );
  }

  /** The same for models; what they read outside of one would know no time limit. */
  async modelTransaction<T>(work: (tx: ModelTransaction) => Promise<T>): Promise<T> {
    return this.untilNoDeadlock(() =>
      this.connections.withTransaction((transaction, connection) => {
        const sql = new PreparedExecutor(connection, this.tracer);
        return work({
          transaction,
          query: (text, binds) => sql.query(text, binds),
          execute: (text, binds) => sql.execute(text, binds),
          insertRows: (text, rows) => sql.insertRows(text, rows),
        });
      }),
    );
  }

  private async untilNoDeadlock<T>(work: () => Promise<T>): Promise<T> {
    return retry(work, (error, attempt) =>
      isDeadlock(causeOf(error)) && attempt < DEADLOCK_ATTEMPTS
        ? Math.random() * 5 * 2 ** attempt
        : undefined,
    );
  }

  async close(): Promise<void> {
    await this.connections.close();
  }
}
