import type { Connection } from 'mariadb';
import { PreparedExecutor } from './prepared';
import type { SqlExecutor } from './sql';

/** Runs `work` between BEGIN and COMMIT on a connection; an error rolls back. */
export async function inTransaction<T>(
  connection: Connection,
  work: (tx: SqlExecutor) => Promise<T>,
): Promise<T> {
  // Awaited: a first statement sent right behind a BEGIN that fails would be committed by itself.
  await connection.beginTransaction();
  try {
    const result = await work(new PreparedExecutor(connection));
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
