import { Lifecycle, scoped } from 'tsyringe';
import { Batchers } from '../../platform/database/batch/batchers';
import { isToCommit, type Outcome, refused } from '../../platform/database/batch/outcome';
import type { SqlTransaction } from '../../platform/database/database';
import { AnsweredMeanwhile, KeyInUse } from './errors';
import type { RequestKey } from './key';
import { type Answer, IdempotencyRepository } from './repository';
import { isRemembered, refusalAnswer } from './service';

/** What is done at most once per key, in batches. */
export interface KeyedBatch<Request, Result> {
  name: string;
  userOf: (request: Request) => number;
  /** See BatchKind. A request with a key is among them only if the transaction has the key. */
  work: (tx: SqlTransaction, requests: Request[]) => Promise<Outcome<Result>[]>;
  /** The answer to remember. */
  answerOf: (result: Result, request: Request) => unknown;
}

interface Keyed<Request> {
  request: Request;
  key: RequestKey | undefined;
}

/** Makes batchers whose requests may carry an Idempotency-Key: it is claimed and answered in the batch's transaction. */
@scoped(Lifecycle.ContainerScoped)
export class KeyedBatches {
  constructor(
    private readonly batchers: Batchers,
    private readonly repository: IdempotencyRepository,
  ) {}

  of<Request, Result>(kind: KeyedBatch<Request, Result>): KeyedBatcher<Request, Result> {
    return new KeyedBatcher(kind, this.batchers, this.repository);
  }
}

export class KeyedBatcher<Request, Result> {
  private readonly batcher;
  /** Keys of requests that this process works on. */
  private readonly inFlight = new Set<string>();

  constructor(
    private readonly kind: KeyedBatch<Request, Result>,
    batchers: Batchers,
    private readonly repository: IdempotencyRepository,
  ) {
    this.batcher = batchers.of<Keyed<Request>, Result>({
      name: kind.name,
      userOf: ({ request }) => kind.userOf(request),
      work: (tx, requests) => this.work(tx, requests),
    });
  }

  /**
   * @throws KeyInUse (409) while another request with the key is under way; AnsweredMeanwhile when it was answered since
   * this one came; and as TransactionBatcher
   */
  async submit(request: Request, key: RequestKey | undefined): Promise<Result> {
    if (key === undefined) return this.batcher.submit({ request, key });
    const name = `${key.userId} ${key.id}`;
    if (this.inFlight.has(name)) throw new KeyInUse();
    this.inFlight.add(name);
    try {
      return await this.batcher.submit({ request, key });
    } finally {
      this.inFlight.delete(name);
    }
  }

  /** Claims the keys, does what has not been done before, and stores the answers. */
  private async work(tx: SqlTransaction, requests: Keyed<Request>[]): Promise<Outcome<Result>[]> {
    const keys = requests.flatMap(({ key }) => key ?? []);
    if (keys.length === 0)
      return this.kind.work(
        tx,
        requests.map(({ request }) => request),
      );
    const claimed = await this.claim(tx, keys);
    const toDo = requests.filter(({ key }) => key === undefined || claimed.has(key));
    const outcomes = await this.kind.work(
      tx,
      toDo.map(({ request }) => request),
    );
    const settled = await this.settleKeys(tx, toDo, outcomes);
    const outcomeOf = new Map(toDo.map((keyed, i) => [keyed, settled[i]]));
    return requests.map((keyed) => outcomeOf.get(keyed) ?? refused(new AnsweredMeanwhile()));
  }

  /** A key that another process has now: the batch fails, and so the others do not wait for it. */
  private async claim(tx: SqlTransaction, keys: RequestKey[]): Promise<Set<RequestKey>> {
    const claim = await this.repository.claim(tx, keys);
    if (claim !== 'in flight') return claim;
    throw new KeyInUse();
  }

  /** Stores the answers of requests that were done or finally refused, and releases the other keys. */
  private async settleKeys(
    tx: SqlTransaction,
    requests: Keyed<Request>[],
    outcomes: Outcome<Result>[],
  ): Promise<Outcome<Result>[]> {
    const answers: Answer[] = [];
    const unanswered: RequestKey[] = [];
    const settled = outcomes.map((outcome, i): Outcome<Result> => {
      const keyed = requests[i];
      if (keyed?.key === undefined) return outcome;
      const { key, request } = keyed;
      if (outcome.kind === 'done') {
        const answer = JSON.stringify(this.kind.answerOf(outcome.value, request));
        answers.push({ key, status: 200, answer });
        return outcome;
      }
      if (outcome.kind === 'refused' && isRemembered(outcome.error)) {
        answers.push({ key, ...refusalAnswer(outcome.error) });
        return { ...outcome, isWritten: true };
      }
      unanswered.push(key);
      return outcome;
    });
    if (!settled.some(isToCommit)) return settled; // the claims are rolled back
    if (answers.length > 0) await this.repository.store(tx, answers);
    if (unanswered.length > 0) await this.repository.giveBack(tx, unanswered);
    return settled;
  }
}
