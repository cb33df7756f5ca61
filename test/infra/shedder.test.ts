import fc from 'fast-check';
import { Shedder } from '../../src/http/shedder';

let nowMs = 0;
jest.mock('../../src/clock', () => ({ monotonicMs: () => nowMs }));

const CALM = 64;

/** Arrivals each ms, `perMs` of those in flight end each ms. @returns those in flight and those refused, each ms */
function run(
  shedder: Shedder,
  load: { arrivals: number; perMs: number; ms: number; inFlight?: number },
): { inFlight: number; refused: number }[] {
  let inFlight = load.inFlight ?? 0;
  let due = 0;
  let ended = 0;
  return Array.from({ length: load.ms }, () => {
    nowMs++;
    let refused = 0;
    for (due += load.arrivals; due >= 1; due--)
      if (shedder.enter()) inFlight++;
      else refused++;
    for (ended = Math.min(ended + load.perMs, inFlight); ended >= 1; ended--) {
      shedder.leave();
      inFlight--;
    }
    return { inFlight, refused };
  });
}

const sum = (all: number[]): number => all.reduce((total, one) => total + one, 0);

describe('the shedder', () => {
  beforeEach(() => (nowMs = 1000));

  it('lets a first burst in, however large', () => {
    const shedder = new Shedder(100);
    expect(Array.from({ length: 5000 }, () => shedder.enter())).not.toContain(false);
  });

  it('never refuses while few are in flight, however slow they are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(5000)), { maxLength: 500 }), (steps) => {
        const shedder = new Shedder(1);
        let inFlight = 0;
        for (const [enters, ms] of steps) {
          nowMs += ms;
          if (!enters && inFlight > 0) shedder.leave();
          if (!enters) inFlight = Math.max(0, inFlight - 1);
          else if (inFlight < CALM) {
            expect(shedder.enter()).toBe(true);
            inFlight++;
          }
        }
      }),
    );
  });

  it('keeps those in flight to what can be done in time, and loses none of what can be done', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.8, max: 8, noNaN: true }),
        fc.double({ min: 1.2, max: 5, noNaN: true }),
        (perMs, over) => {
          const shedder = new Shedder(100);
          const after = run(shedder, { arrivals: perMs * over, perMs, ms: 3000 }).slice(1000);
          expect(Math.max(...after.map(({ inFlight }) => inFlight))).toBeLessThanOrEqual(
            Math.max(CALM, perMs * 100 * 1.05) + 1,
          );
          const refused = sum(after.map((each) => each.refused));
          expect(refused).toBeLessThanOrEqual(2000 * perMs * (over - 1) * 1.1 + 10);
          expect(refused).toBeGreaterThanOrEqual(2000 * perMs * (over - 1) * 0.8 - 200);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('lets everybody in again when the rush is over', () => {
    const shedder = new Shedder(100);
    const rush = run(shedder, { arrivals: 4, perMs: 1, ms: 2000 });
    expect(sum(rush.map(({ refused }) => refused))).toBeGreaterThan(0);
    const calm = run(shedder, { arrivals: 0.5, perMs: 1, ms: 2000, inFlight: rush.at(-1)?.inFlight ?? 0 });
    expect(sum(calm.slice(200).map(({ refused }) => refused))).toBe(0);
  });
});
