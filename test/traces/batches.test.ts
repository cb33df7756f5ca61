import { Batcher } from '../../src/common/batcher';
import { TransactionBatcher } from '../../src/platform/database/batch/transaction-batcher';
import { done, type Outcome } from '../../src/platform/database/batch/outcome';
import { BatchMetrics } from '../../src/platform/database/batch/metrics';
import type { SqlTransaction } from '../../src/platform/database/database';
import { Metrics } from '../../src/platform/observability/metrics';
import type { Tracer } from '../../src/platform/observability/traces/tracer';
import { at } from '../support/at';
import { type KeptSpan, KeptSpans } from '../support/kept-spans';

const CALLER = { headers: {}, socket: { remoteAddress: undefined } };

let spans: KeptSpans;
let tracer: Tracer;
beforeEach(async () => {
  spans = new KeptSpans();
  tracer = await spans.tracer();
});

/** Does `work` as a traced request. */
function asRequest<T>(work: () => T): { result: T; span: KeptSpan } {
  const span = tracer.server(CALLER);
  return { result: tracer.within(span, work), span: span as KeptSpan };
}

interface Doer {
  /** Hands over one request. */
  add: (item: string) => Promise<unknown>;
  /** Ends the oldest of the batches under way. */
  release: () => void;
  /** The span that each batch has found. */
  found: (string | undefined)[];
}

/** @param make makes the batches of a kind, of which each calls `begun` and waits for it */
function doer(make: (begun: () => Promise<void>) => Doer['add']): Doer {
  const found: (string | undefined)[] = [];
  const releases: (() => void)[] = [];
  const add = make(async () => {
    found.push((tracer.active() as KeptSpan | undefined)?.name);
    await new Promise<void>((resolve) => releases.push(resolve));
  });
  return { found, add, release: () => releases.shift()?.() };
}

const entryBatches = (): Doer =>
  doer((begun) => {
    const send = async (items: string[]): Promise<string[]> => {
      await begun();
      return items;
    };
    const batcher = new Batcher<string, string>(send, { name: 'issue', tracer, maxSize: 10 });
    return (item) => batcher.add(item);
  });

const sqlBatches = (): Doer =>
  doer((begun) => {
    const database = {
      transaction: <T>(work: (tx: SqlTransaction) => Promise<T>): Promise<T> => work({} as SqlTransaction),
    };
    let users = 0;
    const work = async (_tx: SqlTransaction, items: string[]): Promise<Outcome<string>[]> => {
      await begun();
      return items.map((item) => done(item));
    };
    const kind = { name: 'issue', userOf: (): number => ++users, work };
    const batcher = new TransactionBatcher<string, string>(
      kind,
      database,
      new BatchMetrics(new Metrics()),
      60_000,
      tracer,
    );
    return (item) => batcher.submit(item);
  });

/** Lets everything run that waits for nothing: a batch begins in the turn after the one that makes way for it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Hands over untraced requests, each in a separate turn, until one has to wait: the first of the next batch. */
async function addUntilOneWaits({ add, found }: Doer): Promise<Promise<unknown>[]> {
  const added: Promise<unknown>[] = [];
  let begun: number;
  do {
    begun = found.length;
    added.push(add('untraced'));
    await settle();
  } while (found.length > begun && added.length < 20);
  expect(found).toHaveLength(begun);
  return added;
}

/** Ends what is under way, and what begins then, one after the other. */
async function end({ found, release }: Doer, added: Promise<unknown>[]): Promise<void> {
  for (let ended = 0; ended < found.length; ended++) {
    release();
    await settle();
  }
  await Promise.all(added);
}

describe.each([
  ['entries', entryBatches],
  ['sales', sqlBatches],
])('a batch of %s', (_what, make) => {
  it('is in the trace of its first traced request, and linked with the others, both ways', async () => {
    const batches = make();
    const untraced = await addUntilOneWaits(batches);
    const requests = ['a', 'b', 'c'].map((item) => asRequest(() => batches.add(item)));
    await end(batches, [...untraced, ...requests.map(({ result }) => result)]);
    const [batch, ...more] = spans.named('issue batch');
    expect(more).toEqual([]);
    expect(batch?.options.attributes).toEqual({ 'concert.batch.size': 4 }); // with the one that had to wait
    expect(batch?.parent).toEqual(at(requests, 0).span.context);
    expect(batch?.links).toEqual([at(requests, 1).span.context, at(requests, 2).span.context]);
    expect(requests.map(({ span }) => span.links)).toEqual([[], [batch?.context], [batch?.context]]);
    expect(batch?.isOpen).toBe(false);
    expect(batches.found.at(-1)).toBe('issue batch');
  });

  it('without a traced request is in no trace, though the end of a traced one has begun it', async () => {
    const batches = make();
    const { result, span } = asRequest(() => batches.add('traced'));
    await settle();
    expect(batches.found).toEqual(['issue batch']);
    const untraced = await addUntilOneWaits(batches);
    const { length } = batches.found;
    batches.release();
    await settle();
    expect(batches.found).toHaveLength(length + 1);
    expect(span.isOpen).toBe(true); // else no batch could find it
    await end(batches, [result, ...untraced]);
    expect(batches.found).toEqual(['issue batch', ...untraced.map(() => undefined)]);
    expect(spans.named('issue batch')).toHaveLength(1);
  });
});

describe('a tracer', () => {
  it('has no active span once that has ended, although a connection that was opened within it lives on', () => {
    const { span } = asRequest(() => undefined);
    tracer.within(span, () => {
      expect(tracer.traceparent()).toBe(`00-${span.context.traceId}-${span.context.spanId}-01`);
      span.end();
      expect(tracer.active()).toBeUndefined();
      expect(tracer.child('later')).toBeUndefined();
    });
  });

  it('ends the span of what fails with the reason, and throws it on', async () => {
    const error = new TypeError('why');
    const { result } = asRequest(() => tracer.run('work', {}, () => Promise.reject(error)));
    await expect(result).rejects.toBe(error);
    expect(spans.named('work')).toMatchObject([{ isOpen: false, error }]);
  });
});
