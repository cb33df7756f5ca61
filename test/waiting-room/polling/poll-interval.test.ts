import fc from 'fast-check';
import { jittered, pollAfterMs, statusAfterMs } from '../../../src/modules/waiting-room/polling/interval';

const PRESENCE_TIMEOUT_MS = 30_000;

/** Polls per second of all waiting users, each of whom polls at the given interval. */
function load(waiting: number, etaOf: (position: number) => number, maxPerSecond: number): number {
  let perSecond = 0;
  for (let position = 1; position <= waiting; position++)
    perSecond +=
      1000 /
      pollAfterMs(position, waiting, etaOf(position), {
        maxPerSecond,
        presenceTimeoutMs: PRESENCE_TIMEOUT_MS,
      });
  return perSecond;
}

describe('the poll interval', () => {
  it.each([
    ['a tenth of the remaining wait', 100, 100, 40, 4000],
    ['at most a third of the presence time-out, less the jitter', 100, 100, 7200, 9090],
    ['the same third for the last of the front', 5000, 100_000, 0, 1000],
    ['an equal share among all waiting users where that is less', 90_000, 105_000, 0, 40_000],
    ['in proportion to the position, right behind the front', 5001, 105_000, 0, 6091],
    ['that of the front where the shares are shorter', 5001, 5001, 60, 6000],
  ])('is %s', (_what, position, waiting, etaSeconds, afterMs) => {
    const intervalMs = pollAfterMs(position, waiting, etaSeconds, {
      maxPerSecond: 10_000,
      presenceTimeoutMs: PRESENCE_TIMEOUT_MS,
    });
    expect(intervalMs).toBe(afterMs);
  });

  const etas: ((position: number) => number)[] = [
    () => 0,
    (position) => position / 1000,
    (position) => position / 30,
    () => 7200,
  ];

  it.each([10, 10_000, 1_000_000])(
    '%i waiting users together never poll more often than allowed',
    (waiting) => {
      for (const maxPerSecond of waiting < 1_000_000 ? [2, 3, 100, 10_000] : [10_000])
        for (const etaOf of waiting < 1_000_000 ? etas : etas.slice(0, 2))
          expect(load(waiting, etaOf, maxPerSecond)).toBeLessThanOrEqual(maxPerSecond * (1 + 1e-9));
    },
  );

  const options = fc.record({
    maxPerSecond: fc.integer({ min: 2, max: 100_000 }),
    presenceTimeoutMs: fc.integer({ min: 2, max: 3600 }).map((seconds) => seconds * 1000),
  });
  const count = fc.integer({ min: 1, max: 2_000_000 });
  const rate = fc.double({ min: 0.01, max: 5000, noNaN: true });

  it('is a whole number of milliseconds, a second or more', () => {
    fc.assert(
      fc.property(options, count, count, rate, (polling, position, waiting, perSecond) => {
        const after = pollAfterMs(position, waiting, position / perSecond, polling);
        expect(Number.isInteger(after)).toBe(true);
        expect(after).toBeGreaterThanOrEqual(1000);
      }),
    );
  });

  it('is no shorter further behind', () => {
    fc.assert(
      fc.property(options, count, count, count, rate, (polling, one, other, waiting, perSecond) => {
        const [ahead, behind] = [Math.min(one, other), Math.max(one, other)];
        const at = (position: number): number =>
          pollAfterMs(position, Math.max(waiting, behind), position / perSecond, polling);
        expect(at(ahead)).toBeLessThanOrEqual(at(behind));
      }),
    );
  });

  it('ends before the admission, unless the queue moves faster than the poll budget allows', () => {
    fc.assert(
      fc.property(count, count, fc.double({ min: 0.01, max: 1, noNaN: true }), (one, other, share) => {
        const [position, waiting] = [Math.min(one, other), Math.max(one, other)];
        const polling = { maxPerSecond: 10_000, presenceTimeoutMs: PRESENCE_TIMEOUT_MS };
        const fastest =
          polling.maxPerSecond / (4 * Math.log(Math.max(waiting / (polling.maxPerSecond / 2), Math.E)));
        const eta = position / (fastest * share);
        expect(pollAfterMs(position, waiting, eta, polling)).toBeLessThanOrEqual(
          Math.max(1000, eta * 1000 + 1),
        );
      }),
    );
  });

  it('is a second at the head', () => {
    expect(pollAfterMs(1, 100_000, 0, { maxPerSecond: 10_000, presenceTimeoutMs: PRESENCE_TIMEOUT_MS })).toBe(
      1000,
    );
    expect(
      pollAfterMs(3000, 100_000, 30, { maxPerSecond: 10_000, presenceTimeoutMs: PRESENCE_TIMEOUT_MS }),
    ).toBe(3000);
  });

  it('follows the position when the snapshot does not have the new users yet', () => {
    const intervalMs = pollAfterMs(1_000_000, 0, 0, {
      maxPerSecond: 10_000,
      presenceTimeoutMs: PRESENCE_TIMEOUT_MS,
    });
    expect(intervalMs).toBe(
      pollAfterMs(1_000_000, 1_000_000, 0, { maxPerSecond: 10_000, presenceTimeoutMs: PRESENCE_TIMEOUT_MS }),
    );
  });
});

describe('the interval of a reader of the status', () => {
  const MAX_INTERVAL_MS = 10_000;

  it('is at most the longest interval, jitter included, however far behind and however long the wait', () => {
    const polling = { maxPerSecond: 10_000, presenceTimeoutMs: PRESENCE_TIMEOUT_MS };
    const pollMs = pollAfterMs(1_000_000, 1_000_000, 2400, polling);
    expect(pollMs).toBe(398_000);
    expect(jittered(statusAfterMs(pollMs, MAX_INTERVAL_MS), 1)).toBeLessThanOrEqual(MAX_INTERVAL_MS);
    expect(jittered(statusAfterMs(pollMs, MAX_INTERVAL_MS), 1)).toBeGreaterThan(MAX_INTERVAL_MS * 0.99);
  });

  it('is that of a poll where that is shorter', () => {
    expect(statusAfterMs(1000, MAX_INTERVAL_MS)).toBe(1000);
    expect(statusAfterMs(9000, MAX_INTERVAL_MS)).toBe(9000);
  });
});

describe('the jittered interval of one client', () => {
  const meant = fc.integer({ min: 1000, max: 3_600_000 });
  const draw = fc.double({ min: 0, max: 1, noNaN: true });

  it('is within a tenth of the intended interval, and a second or more', () => {
    fc.assert(
      fc.property(meant, draw, (ms, drawn) => {
        const intervalMs = jittered(ms, drawn);
        expect(Number.isInteger(intervalMs)).toBe(true);
        expect(intervalMs).toBeGreaterThanOrEqual(Math.max(1000, Math.floor(ms * 0.9)));
        expect(intervalMs).toBeLessThanOrEqual(Math.max(1000 + ms * 0.2, ms * 1.1) + 1);
      }),
    );
  });

  it.each([
    [10_000, 0, 9000],
    [10_000, 0.5, 10_000],
    [10_000, 1, 11_000],
    [1000, 0, 1000],
    [1000, 1, 1200],
    [1050, 0, 1000],
  ])('of %i ms, with the draw %d, is %i ms', (ms, drawn, intervalMs) => {
    expect(jittered(ms, drawn)).toBe(intervalMs);
  });

  it('is no shorter on average, so that all together poll no more often than allowed', () => {
    fc.assert(
      fc.property(meant, draw, (ms, drawn) => {
        expect(jittered(ms, drawn) + jittered(ms, 1 - drawn)).toBeGreaterThanOrEqual(2 * ms - 1);
      }),
    );
  });

  it('stays within a third of the presence time-out where the intended interval does', () => {
    for (const etaSeconds of [0, 50, 100, 7200]) {
      const meantMs = pollAfterMs(1, 1, etaSeconds, {
        maxPerSecond: 10_000,
        presenceTimeoutMs: PRESENCE_TIMEOUT_MS,
      });
      expect(jittered(meantMs, 1)).toBeLessThanOrEqual(PRESENCE_TIMEOUT_MS / 3);
    }
  });

  it.each([1000, 5000])('of %i ms spreads clients that came at one instant', (ms) => {
    const intervalMs = Array.from({ length: 1000 }, () => jittered(ms));
    const busiest = Math.max(
      ...intervalMs.map((at) => intervalMs.filter((other) => Math.abs(other - at) < ms / 100).length),
    );
    expect(busiest).toBeLessThan(250); // of 1000; evenly spread, about 100
  });
});
