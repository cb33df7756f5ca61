import fc from 'fast-check';
import { parseNetworks } from '../../src/config/parsing/networks';
import { Sampling, type SamplingOptions } from '../../src/platform/observability/traces/sampling';
import { parseTraceParent, traceParentOf } from '../../src/platform/observability/traces/traceparent';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const SAMPLED = `00-${TRACE}-${SPAN}-01`;
const NOT_SAMPLED = `00-${TRACE}-${SPAN}-00`;

const hex = (length: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => /[1-9a-f]/.test(text));

describe('a traceparent', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(hex(32), hex(16), (traceId, spanId) => {
        const text = traceParentOf({ traceId, spanId });
        expect(parseTraceParent(text)).toEqual({ traceId, spanId, isSampled: true });
      }),
    );
  });

  it.each([
    ['nothing', undefined],
    ['NULL of a row', null],
    ['an empty text', ''],
    ['ids of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['capitals', SAMPLED.toUpperCase()],
    ['more behind the flags of version 00', `${SAMPLED}-more`],
    ['two headers in one', `${SAMPLED}, ${SAMPLED}`],
    ['a text that is too long', `01-${TRACE}-${SPAN}-01-${'x'.repeat(100)}`],
  ])('is none if it is %s', (_what, text) => {
    expect(parseTraceParent(text)).toBeUndefined();
  });

  it('of a later version is read as far as it is known', () => {
    expect(parseTraceParent(`01-${TRACE}-${SPAN}-03-more`)).toMatchObject({
      traceId: TRACE,
      isSampled: true,
    });
    expect(parseTraceParent(NOT_SAMPLED)).toMatchObject({ isSampled: false });
  });

  it('that is random never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseTraceParent(text)));
  });
});

describe('the decision to trace a request', () => {
  const trusted = parseNetworks('10.1.0.0/16,fd00::/8');
  let limited = 0;
  let nowMs = 0;
  const sampling = (options: Partial<SamplingOptions>, random = 0.5): Sampling => {
    limited = nowMs = 0;
    return new Sampling(
      { ratio: 0, maxPerSecond: 1000, trusted, ...options },
      () => limited++,
      () => random,
      () => nowMs,
    );
  };
  const caller = (remoteAddress: string | undefined, traceparent?: string) => ({
    headers: traceparent === undefined ? {} : { traceparent },
    socket: { remoteAddress },
  });

  it('follows the ratio', () => {
    expect(sampling({ ratio: 0.01 }, 0.009).decide(caller('1.2.3.4'))).toBe(true);
    expect(sampling({ ratio: 0.01 }, 0.01).decide(caller('1.2.3.4'))).toBeUndefined();
    expect(sampling({ ratio: 0 }, 0).decide(caller('1.2.3.4'))).toBeUndefined();
    expect(sampling({ ratio: 1 }, 0.999).decide(caller('1.2.3.4'))).toBe(true);
  });

  it.each(['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1'])('goes on with the trace of %s', (address) => {
    expect(sampling({}).decide(caller(address, SAMPLED))).toMatchObject({ traceId: TRACE, spanId: SPAN });
  });

  it('does as a trusted caller has decided, though the ratio says else', () => {
    expect(sampling({ ratio: 1 }).decide(caller('10.1.2.3', NOT_SAMPLED))).toBeUndefined();
  });

  it.each(['10.2.0.1', 'fe80::1', '::ffff:10.2.0.1', undefined])(
    'takes a traceparent of %s for none: neither its flag nor its trace counts',
    (address) => {
      expect(sampling({ ratio: 0 }).decide(caller(address, SAMPLED))).toBeUndefined();
      expect(sampling({ ratio: 1 }).decide(caller(address, SAMPLED))).toBe(true);
      expect(sampling({ ratio: 1 }).decide(caller(address, NOT_SAMPLED))).toBe(true);
    },
  );

  it('takes what is no traceparent for none, also of a trusted caller', () => {
    expect(sampling({ ratio: 1 }).decide(caller('10.1.2.3', 'zero'))).toBe(true);
  });

  it('traces no more requests in a second than allowed, those of trusted callers included', () => {
    const bounded = sampling({ ratio: 1, maxPerSecond: 3 });
    const traced = (count: number): number =>
      Array.from({ length: count }, () => bounded.decide(caller('10.1.2.3', SAMPLED))).filter(
        (decision) => decision !== undefined,
      ).length;
    expect(traced(10)).toBe(3);
    expect(limited).toBe(7);
    nowMs = 1000;
    expect(traced(2)).toBe(2);
    expect(traced(2)).toBe(1);
  });
});
