import { Lifecycle, scoped } from 'tsyringe';
import { ApiError, Conflict, KeyReused } from '../../common/errors';
import { Database, type SqlExecutor } from '../../platform/database/database';
import { IdempotencyMetrics } from './metrics';
import type { RequestKey } from './key';
import { IdempotencyRepository } from './repository';

export interface Remembered {
  status: number;
  /** `data` of a success, or `exception` of a failure. */
  answer: { code: string; message: string };
}

/** A duplicate of this request was answered while this one was under way: `recall` has the answer, nothing was done. */
export class AnsweredMeanwhile extends Conflict {
  constructor() {
    super('A request with this Idempotency-Key was answered just now: send it again to see the answer.', 1);
  }
}

/**
 * Idempotency keys: a request acts once, however often it is sent. The key is claimed and its answer stored in the
 * transaction of the act itself, so that no crash can part them. 2xx and 4xx are remembered; 409, 429 and 5xx are
 * not: those may be tried again.
 */
@scoped(Lifecycle.ContainerScoped)
export class IdempotencyService {
  constructor(
    private readonly database: Database,
    private readonly repository: IdempotencyRepository,
    private readonly metrics: IdempotencyMetrics,
  ) {}

  /** The answer given before. @throws KeyReused (422) when the key was used for another request */
  async recall(key: RequestKey): Promise<Remembered | undefined> {
    const stored = await this.repository.find(key);
    if (stored === undefined) return undefined;
    if (!stored.fingerprint.equals(key.fingerprint)) throw new KeyReused();
    this.metrics.idempotentReplays.inc();
    return { status: stored.status, answer: JSON.parse(stored.answer) as Remembered['answer'] };
  }

  /**
   * Runs `work` in a transaction, once per key, and stores what `answerOf` makes of its result. It returns only what
   * was done now: whatever follows a success (counters, the session's end) cannot mistake a replay for one.
   * @throws AnsweredMeanwhile when the answer is that of a duplicate; Conflict (409) while another request with the
   * key is under way
   */
  async run<T>(
    key: RequestKey | undefined,
    work: (tx: SqlExecutor) => Promise<T>,
    answerOf: (result: T) => unknown = (result) => result,
  ): Promise<T> {
    if (key === undefined) return this.database.transaction(work);
    try {
      return await this.database.transaction(async (tx) => {
        const claim = await this.repository.claim(tx, key);
        if (claim === 'done') throw new AnsweredMeanwhile();
        if (claim === 'in flight') throw new Conflict('A request with this Idempotency-Key is under way.', 1);
        const result = await work(tx);
        await this.repository.store(tx, key, 200, JSON.stringify(answerOf(result)));
        return result;
      });
    } catch (error) {
      if (isRemembered(error)) {
        const answer = JSON.stringify({ code: error.code, message: error.message });
        if (!(await this.repository.remember(key, error.status, answer))) throw new AnsweredMeanwhile();
      }
      throw error;
    }
  }
}

const isRemembered = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  error.status < 500 &&
  error.status !== 409 &&
  error.status !== 429 &&
  error.code !== '003'; // of the token, not of the request: a later session may do it
