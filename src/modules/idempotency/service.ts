import { Lifecycle, scoped } from 'tsyringe';
import { type DomainError, Forbidden, NotFound } from '../../common/errors';
import { Database, type SqlTransaction } from '../../platform/database/database';
import { IdempotencyMetrics } from './metrics';
import { AnsweredMeanwhile, KeyInUse, KeyReused } from './errors';
import type { RequestKey } from './key';
import { IdempotencyRepository } from './repository';

export interface Remembered {
  status: number;
  /** `data` of a success, or `exception` of a failure. */
  answer: { code: string; message: string };
}

/**
 * Idempotency keys: a request acts once, however often it is sent. The key is claimed and its answer stored in the
 * transaction of the act itself, so that no crash can part them. A success is remembered, and a refusal that a later
 * try would get as well. A Conflict is not: it may be tried again. Nor is the end of a session: a later one may do it.
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
   * @throws AnsweredMeanwhile when the answer is that of a duplicate; KeyInUse (409) while another request with the
   * key is under way
   */
  async run<T>(
    key: RequestKey | undefined,
    work: (tx: SqlTransaction) => Promise<T>,
    answerOf: (result: T) => unknown = (result) => result,
  ): Promise<T> {
    if (key === undefined) return this.database.transaction(work);
    try {
      return await this.database.transaction(async (tx) => {
        const claim = await this.repository.claim(tx, [key]);
        if (claim === 'in flight') throw new KeyInUse();
        if (claim.size === 0) throw new AnsweredMeanwhile();
        const result = await work(tx);
        await this.repository.store(tx, [{ key, status: 200, answer: JSON.stringify(answerOf(result)) }]);
        return result;
      });
    } catch (error) {
      if (isRemembered(error)) {
        const { status, answer } = refusalAnswer(error);
        if (!(await this.repository.remember(key, status, answer))) throw new AnsweredMeanwhile();
      }
      throw error;
    }
  }
}

/** Whether a later try would be refused as well, so that the refusal is remembered. */
export const isRemembered = (error: unknown): error is Forbidden | NotFound =>
  error instanceof Forbidden || error instanceof NotFound;

export const refusalAnswer = ({ code, message }: DomainError): { status: number; answer: string } => ({
  status: Number(code),
  answer: JSON.stringify({ code, message }),
});
