import fc from 'fast-check';
import { merge, observe, quantileMs, type Signals, silence } from '../../src/modules/queue/signals';

const latencies = fc.array(fc.double({ min: 0.2, max: 5000, noNaN: true }), { minLength: 1, maxLength: 400 });

function seen(all: number[], of: Partial<Signals> = {}): Signals {
  const signals = { ...silence(), ...of };
  all.forEach((ms, i) => {
    observe(signals, ms, i % 7 === 0, i % 2 === 0);
  });
  return signals;
}

describe('signals', () => {
  it('tell quantiles right to 5 %', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.9, 0.99), (all, share) => {
        const exact = all.sort((a, b) => a - b)[Math.ceil(all.length * share) - 1] ?? 0;
        const ratio = quantileMs(seen(all), share) / exact;
        expect(ratio).toBeGreaterThan(0.95);
        expect(ratio).toBeLessThan(1.06);
      }),
    );
  });

  it('merged are what one process would have seen of all, in whatever order', () => {
    fc.assert(
      fc.property(latencies, latencies, latencies, fc.boolean(), (a, b, c, broken) => {
        const [one, two, three] = [
          seen(a, { poolWaitMs: 5, inFlight: 1 }),
          seen(b, { loopDelayMs: 9, inFlight: 2 }),
          seen(c, { poolWaitMs: 7, broken }),
        ] as const;
        const all = merge([one, two, three]);
        expect(all).toMatchObject({ poolWaitMs: 7, loopDelayMs: 9, inFlight: 3, broken });
        expect(all.requests).toBe(a.length + b.length + c.length);
        expect(quantileMs(all, 0.99)).toBe(quantileMs(seen([...a, ...b, ...c]), 0.99));
        const other = merge([three, merge([two, one])]);
        expect({ ...other, writesMs: 0 }).toEqual({ ...all, writesMs: 0 });
        expect(other.writesMs).toBeCloseTo(all.writesMs, 6);
      }),
    );
  });

  it('count requests, failures, and the writes that succeeded', () => {
    const signals = silence();
    observe(signals, 10, false, true);
    observe(signals, 20, false, true);
    observe(signals, 30, true, true);
    observe(signals, 40, false, false);
    observe(signals, 50, true, false);
    expect(signals).toMatchObject({ requests: 5, failed: 2, writes: 2, writesMs: 30 });
    expect(Object.values(signals.buckets).reduce((sum, count) => sum + count)).toBe(5);
  });

  it('of several processes: counts add up, of waits the longest counts, one breaker is enough', () => {
    const [one, other] = [silence(), silence()];
    for (const ms of [10, 20]) observe(one, ms, false, true);
    for (const ms of [10, 500]) observe(other, ms, true, true);
    Object.assign(one, { poolBusy: 0.2, poolWaitMs: 7, loopDelayMs: 1, inFlight: 3 });
    Object.assign(other, { poolBusy: 0.3, poolWaitMs: 5, loopDelayMs: 2, inFlight: 4, broken: true });
    const all = merge([one, other]);
    expect(all).toMatchObject({
      ...{ requests: 4, failed: 2, writes: 2, writesMs: 30 },
      ...{ poolWaitMs: 7, poolBusy: 0.3, loopDelayMs: 2, inFlight: 7, broken: true },
    });
    expect(Object.values(all.buckets).sort()).toEqual([1, 1, 2]);
    expect(merge([other, one]).broken).toBe(true);
    expect(merge([one]).broken).toBe(false);
  });

  it('tell a quantile that so large a share does not exceed', () => {
    const signals = seen([1, 1, 100, 100]);
    expect(quantileMs(signals, 0.5)).toBeLessThan(1.1);
    expect(quantileMs(signals, 0.51)).toBeGreaterThan(90);
    expect(quantileMs(signals, 1)).toBeGreaterThan(90);
    expect(quantileMs(seen([0, 0.05, 0.1]), 0.99)).toBeLessThan(0.11); // faster than can be told
  });

  it('of nobody are silence', () => {
    expect(silence()).toEqual({
      ...{ buckets: {}, requests: 0, failed: 0, writes: 0, writesMs: 0 },
      ...{ poolWaitMs: 0, poolBusy: 0, loopDelayMs: 0, inFlight: 0, broken: false },
    });
    expect(merge([])).toEqual(silence());
    expect(quantileMs(silence(), 0.99)).toBe(0);
  });
});
