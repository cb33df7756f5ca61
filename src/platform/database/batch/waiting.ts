import { monotonicMs } from '../../../common/clock';
import type { Span } from '../../observability/traces/span';
import { DatabaseUnavailable } from '../errors';

/** A request of a batch, and its answer. */
export interface Pending<Request, Result> {
  request: Request;
  userId: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
  /** It is refused when it has not begun by then. */
  beginsUntilMs: number;
  /** Of the request, if that is traced. */
  span: Span | undefined;
}

/** Requests that wait for their batch, in the order of arrival; each for a limited time. */
export class WaitingRequests<Request, Result> {
  private all: Pending<Request, Result>[] = [];
  private expiry: NodeJS.Timeout | undefined;

  /** @param maxWaitMs longest time that a request may wait to begin */
  constructor(private readonly maxWaitMs: number) {}

  get count(): number {
    return this.all.length;
  }

  add(pending: Omit<Pending<Request, Result>, 'beginsUntilMs'>): void {
    this.all.push({ ...pending, beginsUntilMs: monotonicMs() + this.maxWaitMs });
  }

  /** The first to arrive, at most `most`, without those whose user has others under way. */
  take(most: number, underWay: ReadonlyMap<number, unknown>): Pending<Request, Result>[] {
    const taken: Pending<Request, Result>[] = [];
    const later: Pending<Request, Result>[] = [];
    for (const pending of this.all)
      if (taken.length < most && !underWay.has(pending.userId)) taken.push(pending);
      else later.push(pending);
    this.all = later;
    return taken;
  }

  /** Refuses those whose time is up when it is; the first to arrive is the first of them. */
  watch(onRefused: () => void): void {
    const [first] = this.all;
    if (first === undefined || this.expiry !== undefined) return;
    this.expiry = setTimeout(
      () => {
        this.expiry = undefined;
        const now = monotonicMs();
        const late = this.all.filter(({ beginsUntilMs }) => beginsUntilMs <= now);
        this.all = this.all.filter(({ beginsUntilMs }) => beginsUntilMs > now);
        for (const { reject } of late)
          reject(new DatabaseUnavailable(new Error(`no transaction within ${this.maxWaitMs} ms`)));
        onRefused();
      },
      Math.max(1, first.beginsUntilMs - monotonicMs()),
    ).unref();
  }
}
