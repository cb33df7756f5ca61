import type { Connection } from 'mariadb';
import { NO_TRACES, type Tracer } from '../observability/traces/tracer';
import { PreparedExecutor } from './connection/prepared';
import type { SqlParam, SqlWriter } from './sql';
import { tracedStatement } from '../observability/traces/statements';

/** A transaction as its work sees it. */
export interface SqlTransaction extends SqlWriter {
  /**
   * Rows of a SELECT that does no harm outside a transaction; locking reads are such. It is sent at once, behind a BEGIN
   * that is not answered yet and behind other reads, so that several take one round trip.
   */
  read<T>(sql: string, binds?: SqlParam[]): Promise<T[]>;
}

/** Runs `work` between BEGIN and COMMIT on a connection; an error rolls back. */
export async function inTransaction<T>(
  connection: Connection,
  work: (tx: SqlTransaction) => Promise<T>,
  tracer: Tracer = NO_TRACES,
): Promise<T> {
  const statements = new PreparedExecutor(connection, tracer);
  // What writes waits for it: a statement sent right behind a BEGIN that fails would be committed by itself.
  const begun = connection.beginTransaction();
  begun.catch(() => undefined); // it is reported where it is awaited
  try {
    const result = await work({
      read: (sql, binds) => statements.query(sql, binds),
      query: async (sql, binds) => {
        await begun;
        return statements.query(sql, binds);
      },
      execute: async (sql, binds) => {
        await begun;
        return statements.execute(sql, binds);
      },
      insertRows: async (sql, rows) => {
        await begun;
        return statements.insertRows(sql, rows);
      },
    });
    await begun;
    await tracedStatement(tracer, 'COMMIT', () => connection.commit());
    return result;
  } catch (error) {
    // Also after 1205, which undoes the statement only (innodb_rollback_on_timeout is OFF).
    await connection.rollback().catch(() => {
      connection.destroy();
    });
    throw error;
  }
}
