import type { Database, SqlExecutor } from '../../src/platform/database/database';
import { Given } from './given';

class Undone extends Error {}

/**
 * Runs `work` in a transaction that is never committed: nobody else sees its rows, the sweepers of the services that
 * run beside it included.
 */
export async function undone(
  database: Database,
  work: (tx: SqlExecutor, given: Given) => Promise<void>,
): Promise<void> {
  await database
    .transaction(async (tx) => {
      await work(tx, new Given(tx));
      throw new Undone();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
}
