import type { Connection } from 'mariadb';
import { NO_TRACES, type Tracer } from '../observability/traces/tracer';
import { PreparedExecutor } from './connection/prepared';
import type { SqlParam, SqlWriter } from './sql';
import { tracedStatement } from '../observability/traces/statements';

/**
 * A transaction as its work sees it. Its statements reach the server in the order in which they were called, whether the
 * one before has been answered or not: several can take one round trip (`answersOf`).
 */
export interface SqlTransaction extends SqlWriter {
  /**
   * Rows of a SELECT that does no harm outside a transaction; locking reads are such. It is sent at once, also before the
   * server has answered that the transaction has begun.
   */
  read<T>(sql: string, binds?: SqlParam[]): Promise<T[]>;
}

/**
 * The answers of statements that were called one behind the other without waiting.
 * @throws what the first of them was refused with; those behind it have been answered as well by then
 */
export async function answersOf<Answers extends unknown[]>(called: {
  [K in keyof Answers]: Promise<Answers[K]>;
}): Promise<Answers> {
  await Promise.allSettled(called);
  return Promise.all(called);
}

/**
 * Runs `work` as a transaction on a connection; an error rolls back. It begins by an end of autocommit and not by BEGIN:
 * after a deadlock the server has ended the transaction, and the statements that were sent behind must not commit by
 * themselves. It ends by a statement of ours: the connector's own `rollback` sends nothing where the last answer says that no
 * transaction is open, which a proxy may say wrongly, and the return to autocommit would then commit it.
 */
export async function inTransaction<T>(
  connection: Connection,
  work: (tx: SqlTransaction) => Promise<T>,
  tracer: Tracer = NO_TRACES,
): Promise<T> {
  const statements = new PreparedExecutor(connection, tracer);
  // What writes waits for it: if this failed, a statement right behind it would be committed by itself.
  const begun = connection.query('SET autocommit = 0');
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
    const committed = tracedStatement(tracer, 'COMMIT', () => connection.query('COMMIT'));
    const restored = commitByItself(connection); // in the same round trip: a COMMIT that fails has rolled back
    await committed;
    await restored;
    return result;
  } catch (error) {
    // Also after 1205, which undoes the statement only (innodb_rollback_on_timeout is OFF).
    await connection.query('ROLLBACK').then(
      () => commitByItself(connection),
      () => {
        connection.destroy();
      },
    );
    throw error;
  }
}

/**
 * Resolves when statements commit by themselves again, or the connection is given up: nobody may have it before. What its
 * next user wrote would be answered and never committed.
 */
async function commitByItself(connection: Connection): Promise<void> {
  try {
    await connection.query('SET autocommit = 1');
  } catch {
    connection.destroy();
  }
}
