/**
 * What became of one request of a batch.
 * - `done`: what it did is committed.
 * - `refused`: the error is its answer; `isWritten`: the batch has written something for it that is to be committed.
 * - `alone`: not decided; it is to be tried in a separate transaction, where it may wait for a lock.
 */
export type Outcome<T> =
  | { kind: 'done'; value: T }
  | { kind: 'refused'; error: Error; isWritten?: boolean }
  | { kind: 'alone' };

export const done = <T>(value: T): Outcome<T> => ({ kind: 'done', value });
export const refused = (error: Error): { kind: 'refused'; error: Error } => ({ kind: 'refused', error });
export const ALONE = { kind: 'alone' } as const;

/** Whether the batch has written something for the request. */
export const isToCommit = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === 'done' || (outcome.kind === 'refused' && outcome.isWritten === true);

/**
 * A guarded statement matched other rows than those that were read before it: time has passed, or another process was
 * faster. The transaction is rolled back, and each of its requests is tried alone.
 */
export class GuardFailed extends Error {
  /** @param refusal what a request gets that fails so again when it is tried alone */
  constructor(readonly refusal: Error) {
    super(`A guard failed: ${refusal.message}`);
  }
}

/** @throws GuardFailed unless the guarded statements have matched the rows that were decided on */
export async function demand(isMatched: Promise<boolean>, refusal: () => Error): Promise<void> {
  if (!(await isMatched)) throw new GuardFailed(refusal());
}
