import type { SqlTransaction } from '../database';
import type { Outcome } from './outcome';

/** How one kind of request is done in batches. */
export interface BatchKind<Request, Result> {
  /** For the metrics. */
  name: string;
  /** Two requests of one user never run concurrently, and run in their order. */
  userOf: (request: Request) => number;
  /**
   * Does all requests in one transaction, which may be rolled back and begun again: it changes nothing else.
   * @returns what became of each, in their order
   * @throws GuardFailed, or what a statement threw: then nothing is done, and each request is tried alone
   */
  work: (tx: SqlTransaction, requests: Request[]) => Promise<Outcome<Result>[]>;
}
