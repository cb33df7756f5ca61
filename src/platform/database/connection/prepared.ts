import type { Connection, UpsertResult } from 'mariadb';
import { NO_TRACES, type Tracer } from '../../observability/traces/tracer';
import { isStatementLimit } from '../errors';
import { insertInBulk, isForBulk } from './bulk';
import { forRows, type SqlParam, type SqlWriter } from '../sql';
import { tracedStatement } from '../../observability/traces/statements';

/** Runs statements on one connection, prepared. */
export class PreparedExecutor implements SqlWriter {
  /** Resolves when all that was called before has been sent; it is not answered then. */
  private sent: Promise<void> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly tracer: Tracer = NO_TRACES,
  ) {}

  async query<T>(sql: string, binds?: SqlParam[]): Promise<T[]> {
    return tracedStatement(this.tracer, sql, () => this.runPrepared<T[]>(sql, binds));
  }

  async execute(sql: string, binds?: SqlParam[]): Promise<{ affectedRows: number; insertId: number }> {
    const { affectedRows, insertId } = await tracedStatement(this.tracer, sql, () =>
      this.runPrepared<UpsertResult>(sql, binds),
    );
    return { affectedRows, insertId: Number(insertId) };
  }

  /** One row by a prepared statement; more in bulk if that can be, as each count would be a separate prepared statement. */
  async insertRows<T>(sql: string, rows: SqlParam[][]): Promise<T[]> {
    const [first, ...others] = rows;
    if (first === undefined) return [];
    return tracedStatement(this.tracer, sql, async () => {
      if (others.length === 0) return this.runPrepared<T[]>(sql, first);
      return isForBulk(this.connection, rows) ? this.runInBulk<T>(sql, rows) : this.runAsText<T>(sql, rows);
    });
  }

  private async runAsText<T>(sql: string, rows: SqlParam[][]): Promise<T[]> {
    const send = (): Promise<T[]> => this.connection.query<T[]>(forRows(sql, rows.length), rows.flat());
    return this.sendInOrder(Promise.resolve(send));
  }

  /** Prepared before, so that the connector finds the statement and sends the rows at once: in the order of the calls. */
  private async runInBulk<T>(sql: string, rows: SqlParam[][]): Promise<T[]> {
    const prepared = this.connection.prepare(sql).then((statement) => async () => {
      try {
        return await insertInBulk<T>(this.connection, sql, rows);
      } finally {
        statement.close();
      }
    });
    try {
      return await this.sendInOrder(prepared);
    } catch (error) {
      if (isStatementLimit(error)) return this.runAsText<T>(sql, rows);
      throw error;
    }
  }

  /**
   * Not `connection.execute`: it sends PREPARE and EXECUTE at once, the latter for "the last statement that was
   * prepared". If the PREPARE fails, the server executes an older statement with these values, and the connector throws
   * a TypeError in a callback of the socket. When the server has no room for another prepared statement, the statement
   * goes by the text protocol.
   */
  private async runPrepared<T>(sql: string, binds?: SqlParam[]): Promise<T> {
    const prepared = this.connection.prepare(sql).then(
      (statement) => async () => {
        try {
          return await statement.execute<T>(binds);
        } finally {
          statement.close(); // gives it back to the cache
        }
      },
      (error: unknown) => {
        if (!isStatementLimit(error)) throw error;
        return () => this.connection.query<T>(sql, binds);
      },
    );
    return this.sendInOrder(prepared);
  }

  /**
   * Statements that are under way at once reach the server in the order in which they were called, also when one of them
   * has to be prepared first while the next is in the cache: what decides is read behind the locks.
   */
  private async sendInOrder<T>(prepared: Promise<() => Promise<T>>): Promise<T> {
    const sending = Promise.all([prepared, this.sent]).then(([send]) => ({ answer: send() }));
    this.sent = sending.then(nothing, nothing);
    const { answer } = await sending;
    return answer;
  }
}

const nothing = (): void => undefined;
