import { Batcher as EntryBatcher } from '../../src/common/batcher';
import { Batcher, done } from '../../src/platform/database/batch/batch';
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
  add(item: string): Promise<unknown>;
  /** Ends what is under way, once for each batch. */
  release(): void;
  /** The span that each batch has found. */
  found: (string | undefined)[];
}

function entryBatches(): Doer {
  const found: (string | undefined)[] = [];
  let release: () => void = () => undefined;
  const batcher = new EntryBatcher<string, string>(
    async (items) => {
      found.push((tracer.active() as KeptSpan | undefined)?.name);
      await new Promise<void>((resolve) => (release = resolve));
      return items;
    },
    { name: 'issue', tracer, maxSize: 10 },
  );
  return { found, add: (item) => batcher.add(item), release: () => release() };
}

function sqlBatches(): Doer {
  const found: (string | undefined)[] = [];
  const releases: (() => void)[] = [];
  const database = {
    transaction: <T>(work: (tx: SqlTransaction) => Promise<T>): Promise<T> => work({} as SqlTransaction),
  };
  let users = 0;
  const batcher = new Batcher<string, string>(
    {
      name: 'issue',
      userOf: () => ++users,
      work: async (_tx, items) => {
        found.push((tracer.active() as KeptSpan | undefined)?.name);
        await new Promise<void>((resolve) => releases.push(resolve));
        return items.map((item) => done(item));
      },
    },
    database,
    new BatchMetrics(new Metrics()),
    60_000,
    tracer,
  );
  return { found, add: (item) => batcher.submit(item), release: () => releases.shift()?.() };
}

/** Lets everything run that waits for nothing. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe.each([
  ['entries', entryBatches, 1],
  ['sales', sqlBatches, 2], // that many run at once
])('a batch of %s', (_what, make, parallel) => {
  /** As many batches of one as may run at once, and then what `then` adds: the next batch. */
  async function behind(doer: Doer, then: () => Promise<unknown>[]): Promise<void> {
    const first = Array.from({ length: parallel }, () => doer.add('first'));
    const rest = then();
    for (let i = 0; i < parallel; i++) doer.release();
    await settle();
    doer.release();
    await Promise.all([...first, ...rest]);
  }

  it('is in the trace of its first traced request, and linked with the others, both ways', async () => {
    const doer = make();
    let requests: { result: Promise<unknown>; span: KeptSpan }[] = [];
    await behind(doer, () => {
      const untraced = doer.add('untraced');
      requests = ['a', 'b', 'c'].map((item) => asRequest(() => doer.add(item)));
      return [untraced, ...requests.map(({ result }) => result)];
    });
    const [batch, ...more] = spans.named('issue batch');
    expect(more).toEqual([]);
    expect(batch?.options.attributes).toEqual({ 'concert.batch.size': 4 });
    expect(batch?.parent).toEqual(at(requests, 0).span.context);
    expect(batch?.links).toEqual([at(requests, 1).span.context, at(requests, 2).span.context]);
    expect(requests.map(({ span }) => span.links)).toEqual([[], [batch?.context], [batch?.context]]);
    expect(batch?.isOpen).toBe(false);
    expect(doer.found.at(-1)).toBe('issue batch');
  });

  it('without a traced request is in no trace, though a traced one has ended before it', async () => {
    const doer = make();
    const { result } = asRequest(() =>
      Promise.all(Array.from({ length: parallel }, () => doer.add('traced'))),
    );
    const untraced = doer.add('untraced');
    for (let i = 0; i < parallel; i++) doer.release();
    await settle();
    doer.release();
    await Promise.all([result, untraced]);
    expect(doer.found).toEqual([...Array<string>(parallel).fill('issue batch'), undefined]);
    expect(spans.named('issue batch')).toHaveLength(parallel);
  });
});

describe('a tracer', () => {
  it('finds no span that has ended, as a connection does that was opened within one', () => {
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
