import type { Database, SqlTransaction } from '../../../src/platform/database/database';
import { Given } from './given';

class Undone extends Error {}

/**
 * Runs `work` in a transaction that is never committed, so that no other process sees its rows. That includes the
 * expiry jobs of services that run beside it.
 */
export async function undone(
  database: Database,
  work: (tx: SqlTransaction, given: Given) => Promise<void>,
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
