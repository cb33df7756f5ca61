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

  it('of nobody are silence', () => {
    expect(merge([])).toEqual(silence());
    expect(quantileMs(silence(), 0.99)).toBe(0);
  });
});
