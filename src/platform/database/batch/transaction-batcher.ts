import { NO_TRACES, type Tracer } from '../../observability/traces/tracer';
import { BatchMetrics } from './metrics';
import type { Database } from '../database';
import { DatabaseUnavailable, isOfItsStatements } from '../errors';
import { commitIfAny } from './commit';
import type { BatchKind } from './kind';
import { Lanes } from './lanes';
import { GuardFailed, type Outcome } from './outcome';
import { type Pending, WaitingRequests } from './waiting';

/** Most requests of one transaction: larger batches commit hardly more rows a second and keep locks for longer. */
const MAX_SIZE = 64;
/**
 * Transactions of a kind under way at once: while one waits for the disk, the next does its statements; and while one
 * waits for a row that somebody keeps locked, the others go on.
 */
const PARALLEL = 2;
/** The second one begins when there are at least this share of the first one's requests for it. */
const WORTH_IT = 0.5;
/** Most transactions of a kind with a request that is tried alone: each may have to wait for a lock. */
const PARALLEL_ALONE = 8;
/** The lane of requests that keep the order of arrival also when they are tried alone. */
const IN_ORDER = Symbol('in order of arrival');

/**
 * Natural batching. While transactions of a kind are on their way, what arrives waits, and forms the next batch when
 * one of them ends; an idle process sends a request at once, as a batch of one. No timer decides. A batch that fails
 * takes nobody along: each of its requests is tried alone and has its own outcome (ADR 15).
 */
export class TransactionBatcher<Request, Result> {
  private readonly waiting: WaitingRequests<Request, Result>;
  /** Requests that are tried alone: a lane for each user, or one for the batches that failed. */
  private readonly alone = new Lanes<number | typeof IN_ORDER, Pending<Request, Result>>(
    PARALLEL_ALONE,
    (pending) => this.runAlone(pending),
    () => this.begin(),
  );
  /** How many requests of a user have begun and not ended: the user's next ones wait. */
  private readonly begun = new Map<number, number>();
  private running = 0;
  /** Requests of the batches that run. */
  private underWay = 0;
  private soon: NodeJS.Immediate | undefined;
  private onIdle: (() => void) | undefined;

  /** @param maxWaitMs longest time that a request may wait to begin */
  constructor(
    private readonly kind: BatchKind<Request, Result>,
    private readonly database: Pick<Database, 'transaction'>,
    private readonly metrics: BatchMetrics,
    maxWaitMs: number,
    private readonly tracer: Tracer = NO_TRACES,
  ) {
    this.waiting = new WaitingRequests(maxWaitMs);
  }

  /**
   * @returns what `work` made of the request
   * @throws what it was refused with; DatabaseUnavailable as of a separate transaction, or when it could not begin in time
   */
  submit(request: Request): Promise<Result> {
    return new Promise((resolve, reject) => {
      const userId = this.kind.userOf(request);
      this.waiting.add({ request, userId, resolve, reject, span: this.tracer.active() });
      this.beginSoon();
    });
  }

  /** Resolves when nothing is under way and nothing waits. */
  async close(): Promise<void> {
    if (this.isIdle) return;
    await new Promise<void>((resolve) => (this.onIdle = resolve));
  }

  private get isIdle(): boolean {
    return this.running + this.waiting.count === 0 && this.alone.isIdle;
  }

  /** When all that has arrived in this moment is there: what one reading of the sockets brings goes together. */
  private beginSoon(): void {
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      this.begin();
    });
  }

  /** Begins as many batches as may run. */
  private begin(): void {
    while (this.running < PARALLEL && this.waiting.count >= this.underWay * WORTH_IT) {
      const batch = this.waiting.take(MAX_SIZE, this.begun);
      if (batch.length === 0) break;
      this.running++;
      this.underWay += batch.length;
      for (const { userId } of batch) this.begun.set(userId, (this.begun.get(userId) ?? 0) + 1);
      void this.run(batch).finally(() => {
        this.running--;
        this.underWay -= batch.length;
        this.beginSoon();
      });
    }
    this.waiting.watch(() => this.begin());
    if (this.isIdle) this.onIdle?.();
  }

  private async run(batch: Pending<Request, Result>[]): Promise<void> {
    this.metrics.size.observe({ kind: this.kind.name }, batch.length);
    try {
      const outcomes = await this.transact(batch);
      batch.forEach((pending, i) => {
        if (!this.answer(pending, outcomes[i])) this.alone.add(pending.userId, pending);
      });
    } catch (error) {
      const isWorthIt = batch.length > 1 ? isOfItsStatements(error) : error instanceof GuardFailed;
      // In the order of arrival, unless it was a lock: only who wants that one is to wait for it.
      const isLocked = error instanceof DatabaseUnavailable;
      for (const pending of batch)
        if (isWorthIt) this.alone.add(isLocked ? pending.userId : IN_ORDER, pending);
        else this.end(pending, () => pending.reject(error));
    }
    this.alone.begin();
  }

  private async runAlone(pending: Pending<Request, Result>): Promise<void> {
    this.metrics.triedAlone.inc({ kind: this.kind.name });
    try {
      const [outcome] = await this.transact([pending]);
      if (!this.answer(pending, outcome)) throw new Error(`A single ${this.kind.name} has no outcome.`);
    } catch (error) {
      this.end(pending, () => pending.reject(error instanceof GuardFailed ? error.refusal : error));
    }
  }

  /** @returns false: it is not decided yet */
  private answer(pending: Pending<Request, Result>, outcome: Outcome<Result> | undefined): boolean {
    if (outcome === undefined || outcome.kind === 'alone') return false;
    this.end(pending, () => {
      if (outcome.kind === 'done') pending.resolve(outcome.value);
      else pending.reject(outcome.error);
    });
    return true;
  }

  private transact(batch: Pending<Request, Result>[]): Promise<Outcome<Result>[]> {
    const attributes = { 'concert.batch.size': batch.length };
    const spans = batch.map(({ span }) => span);
    const requests = batch.map(({ request }) => request);
    return this.tracer.together(`${this.kind.name} batch`, attributes, spans, () =>
      commitIfAny(this.database, (tx) => this.kind.work(tx, requests)),
    );
  }

  private end({ userId }: Pending<Request, Result>, answer: () => void): void {
    const left = (this.begun.get(userId) ?? 1) - 1;
    if (left > 0) this.begun.set(userId, left);
    else this.begun.delete(userId);
    answer();
  }
}
