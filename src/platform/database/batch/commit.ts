import type { Database, SqlTransaction } from '../database';
import { isToCommit, type Outcome } from './outcome';

/** One transaction. It is committed if a request has written something. */
export async function commitIfAny<Result>(
  database: Pick<Database, 'transaction'>,
  work: (tx: SqlTransaction) => Promise<Outcome<Result>[]>,
): Promise<Outcome<Result>[]> {
  try {
    return await database.transaction(async (tx) => {
      const outcomes = await work(tx);
      if (!outcomes.some(isToCommit)) throw new NothingToCommit(outcomes);
      return outcomes;
    });
  } catch (error) {
    if (error instanceof NothingToCommit) return error.outcomes as Outcome<Result>[];
    throw error;
  }
}

/** Rolls back a transaction in which every request was refused. */
class NothingToCommit extends Error {
  /** For its span: nothing has failed. */
  readonly isRefusal = true;

  constructor(readonly outcomes: Outcome<unknown>[]) {
    super('Every request of the batch was refused.');
  }
}
