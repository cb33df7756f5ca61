import fc from 'fast-check';
import {
  mergeSignals,
  recordRequest,
  quantileMs,
  type Signals,
  emptySignals,
} from '../../../src/modules/waiting-room/admission/signals';

const latencies = fc.array(fc.double({ min: 0.2, max: 5000, noNaN: true }), { minLength: 1, maxLength: 400 });

function seen(all: number[], of: Partial<Signals> = {}): Signals {
  const signals = { ...emptySignals(), ...of };
  all.forEach((ms, i) => {
    recordRequest(signals, ms, i % 7 === 0, i % 2 === 0);
  });
  return signals;
}

describe('signals', () => {
  it('have quantiles that are right to 5 %', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.9, 0.99), (all, share) => {
        const exact = all.sort((a, b) => a - b)[Math.ceil(all.length * share) - 1] ?? 0;
        const ratio = quantileMs(seen(all), share) / exact;
        expect(ratio).toBeGreaterThan(0.95);
        expect(ratio).toBeLessThan(1.06);
      }),
    );
  });

  it('merged in any order are what one process would have seen of all', () => {
    fc.assert(
      fc.property(latencies, latencies, latencies, fc.boolean(), (a, b, c, breakerOpen) => {
        const [one, two, three] = [
          seen(a, { poolWaitMs: 5, inFlight: 1 }),
          seen(b, { loopDelayMs: 9, inFlight: 2 }),
          seen(c, { poolWaitMs: 7, breakerOpen: breakerOpen }),
        ] as const;
        const all = mergeSignals([one, two, three]);
        expect(all).toMatchObject({ poolWaitMs: 7, loopDelayMs: 9, inFlight: 3, breakerOpen });
        expect(all.requests).toBe(a.length + b.length + c.length);
        expect(quantileMs(all, 0.99)).toBe(quantileMs(seen([...a, ...b, ...c]), 0.99));
        const other = mergeSignals([three, mergeSignals([two, one])]);
        expect({ ...other, writesMs: 0 }).toEqual({ ...all, writesMs: 0 });
        expect(other.writesMs).toBeCloseTo(all.writesMs, 6);
      }),
    );
  });

  it('count requests, failures, and the writes that succeeded', () => {
    const signals = emptySignals();
    recordRequest(signals, 10, false, true);
    recordRequest(signals, 20, false, true);
    recordRequest(signals, 30, true, true);
    recordRequest(signals, 40, false, false);
    recordRequest(signals, 50, true, false);
    expect(signals).toMatchObject({ requests: 5, failed: 2, writes: 2, writesMs: 30 });
    expect(Object.values(signals.buckets).reduce((sum, count) => sum + count)).toBe(5);
  });

  it('of several processes merge: counts add up, the longest wait counts, one open breaker is enough', () => {
    const [one, other] = [emptySignals(), emptySignals()];
    for (const ms of [10, 20]) recordRequest(one, ms, false, true);
    for (const ms of [10, 500]) recordRequest(other, ms, true, true);
    Object.assign(one, { poolBusy: 0.2, poolWaitMs: 7, loopDelayMs: 1, inFlight: 3 });
    Object.assign(other, { poolBusy: 0.3, poolWaitMs: 5, loopDelayMs: 2, inFlight: 4, breakerOpen: true });
    const all = mergeSignals([one, other]);
    expect(all).toMatchObject({
      requests: 4,
      failed: 2,
      writes: 2,
      writesMs: 30,
      poolWaitMs: 7,
      poolBusy: 0.3,
      loopDelayMs: 2,
      inFlight: 7,
      breakerOpen: true,
    });
    expect(Object.values(all.buckets).sort()).toEqual([1, 1, 2]);
    expect(mergeSignals([other, one]).breakerOpen).toBe(true);
    expect(mergeSignals([one]).breakerOpen).toBe(false);
  });

  it('have a quantile that the given share does not exceed', () => {
    const signals = seen([1, 1, 100, 100]);
    expect(quantileMs(signals, 0.5)).toBeLessThan(1.1);
    expect(quantileMs(signals, 0.51)).toBeGreaterThan(90);
    expect(quantileMs(signals, 1)).toBeGreaterThan(90);
    expect(quantileMs(seen([0, 0.05, 0.1]), 0.99)).toBeLessThan(0.11); // faster than the histogram resolves
  });

  it('are empty without any process', () => {
    expect(emptySignals()).toEqual({
      buckets: {},
      requests: 0,
      failed: 0,
      writes: 0,
      writesMs: 0,
      poolWaitMs: 0,
      poolBusy: 0,
      loopDelayMs: 0,
      inFlight: 0,
      breakerOpen: false,
    });
    expect(mergeSignals([])).toEqual(emptySignals());
    expect(quantileMs(emptySignals(), 0.99)).toBe(0);
  });
});
