import type { Span } from '../platform/observability/traces/span';
import { NO_TRACES, type Tracer } from '../platform/observability/traces/tracer';

export interface BatcherOptions {
  /** What a batch does, for its span. */
  name?: string;
  /** Gives batches with an item of a traced request a span. */
  tracer?: Tracer;
  /** Most items of one batch. */
  maxSize: number;
  /** Most batches on their way at once. */
  maxInFlight?: number;
  /** Whether the items of a batch that has failed with this error are tried again, each alone. */
  isTriedAlone?: (error: unknown) => boolean;
  /** Called with the size of each batch that is sent. */
  onSend?: (size: number) => void;
}

interface Waiting<Item, Result> {
  item: Item;
  /** Of the request that waits for it, if that is traced. */
  span: Span | undefined;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Natural batching: an item is sent at once when the way is free, and what arrives while a batch is on its way forms the
 * next one. So an idle process sends batches of one without delay, a busy one as few as it can, and no timer decides.
 * Items are sent in the order of their arrival.
 */
export class Batcher<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private inFlight = 0;
  private soon: NodeJS.Immediate | undefined;

  /** @param send sends a batch. @returns the results, in the order of the items */
  constructor(
    private readonly send: (items: Item[]) => Promise<Result[]>,
    private readonly options: BatcherOptions,
  ) {}

  /** @returns the item's own result @throws what `send` throws */
  async add(item: Item): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.waiting.push({ item, span: this.options.tracer?.active(), resolve, reject });
      this.sendSoon();
    });
  }

  /** When all that has arrived in this moment is there: what one reading of the sockets brings goes together. */
  private sendSoon(): void {
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      this.sendNext();
    });
  }

  private sendNext(): void {
    const { maxSize, maxInFlight = 1 } = this.options;
    if (this.inFlight >= maxInFlight || this.waiting.length === 0) return;
    const batch = this.waiting;
    this.waiting = batch.splice(maxSize);
    this.inFlight += 1;
    void this.deliver(batch).finally(() => {
      this.inFlight -= 1;
      this.sendSoon();
    });
  }

  private async deliver(batch: Waiting<Item, Result>[]): Promise<void> {
    this.options.onSend?.(batch.length);
    try {
      const results = await this.sendTraced(batch);
      batch.forEach(({ resolve }, i) => resolve(results[i] as Result));
    } catch (error) {
      if (batch.length > 1 && this.options.isTriedAlone?.(error) === true)
        await Promise.all(batch.map((one) => this.deliver([one])));
      else for (const { reject } of batch) reject(error);
    }
  }

  private sendTraced(batch: Waiting<Item, Result>[]): Promise<Result[]> {
    const { name = 'batch', tracer = NO_TRACES } = this.options;
    const attributes = { 'concert.batch.size': batch.length };
    const spans = batch.map(({ span }) => span);
    return tracer.together(`${name} batch`, attributes, spans, () =>
      this.send(batch.map(({ item }) => item)),
    );
  }
}
