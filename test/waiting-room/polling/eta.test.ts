import fc from 'fast-check';
import { CountRate } from '../../../src/modules/waiting-room/polling/count-rate';
import { EtaCalibration, etaSeconds } from '../../../src/modules/waiting-room/polling/eta';

const WINDOW_MS = 30_000;

const T0 = 1_700_000_000_000;

describe('the admission rate', () => {
  it('is unknown before two samples, and 0 while nobody is admitted', () => {
    const rate = new CountRate(WINDOW_MS);
    expect(rate.perSecond).toBe(0);
    rate.add(T0, 5);
    expect(rate.perSecond).toBe(0);
    rate.add(T0 + 5000, 5);
    expect(rate.perSecond).toBe(0);
  });

  it('is that of the last half minute, however often it is sampled', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 2000 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        (everyMs, before, after) => {
          const rate = new CountRate(WINDOW_MS);
          const admittedAt = (ms: number): number =>
            Math.floor((Math.min(ms, 60_000) * before + Math.max(0, ms - 60_000) * after) / 1000);
          for (let ms = 0; ms <= 120_000; ms += everyMs) rate.add(T0 + ms, admittedAt(ms));
          expect(Math.abs(rate.perSecond - after)).toBeLessThanOrEqual(0.1);
        },
      ),
    );
  });

  it.each([
    ['the clock steps back', -3_600_000, 0],
    ['the count restarts at 0 after a loss', 0, -100],
  ])('starts over when %s, and is never negative', (_when, clockMs, count) => {
    const rate = new CountRate(WINDOW_MS);
    for (let s = 0; s <= 20; s++) rate.add(T0 + s * 1000, 100 + s * 10);
    for (let s = 21; s <= 30; s++) {
      rate.add(T0 + clockMs + s * 1000, 100 + count + s * 10);
      expect(rate.perSecond).toBeGreaterThanOrEqual(0);
    }
    expect(rate.perSecond).toBeCloseTo(10);
  });

  it('survives a clock that leaps ahead', () => {
    const rate = new CountRate(WINDOW_MS);
    for (let s = 0; s <= 20; s++) rate.add(T0 + s * 1000, s * 10);
    for (let s = 21; s <= 60; s++) rate.add(T0 + 3_600_000 + s * 1000, s * 10);
    expect(rate.perSecond).toBeCloseTo(10);
  });
});

describe('the admission rate’s window', () => {
  it('takes a sample a second, and forgets those of more than half a minute ago', () => {
    const rate = new CountRate(WINDOW_MS);
    rate.add(T0, 0);
    rate.add(T0 + 999, 500);
    expect(rate.perSecond).toBe(0); // no second sample yet
    rate.add(T0 + 1000, 600);
    expect(rate.perSecond).toBe(600);
    rate.add(T0 + 30_000, 600);
    expect(rate.perSecond).toBe(20);
    rate.add(T0 + 31_000, 600);
    expect(rate.perSecond).toBe(0); // all came before
  });

  it('starts over with the very sample that is lower, or earlier', () => {
    for (const [ms, count] of [
      [2000, 99],
      [-2000, 200],
    ] as const) {
      const rate = new CountRate(WINDOW_MS);
      rate.add(T0 - 1000, 50);
      rate.add(T0, 100);
      rate.add(T0 + ms, count);
      rate.add(T0 + ms + 1000, count + 7);
      rate.add(T0 + ms + 2000, count + 14);
      expect(rate.perSecond).toBe(7);
    }
  });

  it('keeps its value when nobody was admitted and no time has passed', () => {
    const rate = new CountRate(WINDOW_MS);
    rate.add(T0, 100);
    rate.add(T0 + 1000, 110);
    rate.add(T0 + 1000, 110);
    rate.add(T0 + 2000, 110);
    expect(rate.perSecond).toBe(5);
  });
});

describe('the estimated time to admission', () => {
  const limits = { activeLimit: 10, rateLimit: undefined, paused: false, source: 'fixed' as const };
  const flow = { limits, active: 10, perSecond: 0, sessionSeconds: 600 };

  it.each([
    ['is one second when a session is free', 4, { active: 6 }, 1, false],
    ['is a whole session when the free sessions go to those ahead', 5, { active: 6 }, 600, false],
    [
      'is a whole session when the rate limit does not admit the position yet',
      3,
      { active: 0, limits: { ...limits, rateLimit: 2 } },
      600,
      false,
    ],
    [
      'is one second when the rate limit admits the position',
      2,
      { active: 0, limits: { ...limits, rateLimit: 2 } },
      1,
      false,
    ],
    [
      'is a whole session while admission is paused',
      1,
      { active: 0, limits: { ...limits, paused: true } },
      600,
      false,
    ],
    ['follows the measured rate', 21, { perSecond: 2 }, 11, true],
    [
      'follows the rate limit when that is lower than the measured rate',
      20,
      { perSecond: 5, limits: { ...limits, rateLimit: 4 } },
      5,
      true,
    ],
    [
      'follows the measured rate when that is lower than the rate limit',
      20,
      { perSecond: 2, limits: { ...limits, rateLimit: 4 } },
      10,
      true,
    ],
    ['is no later than when all sessions ahead have ended', 20, { perSecond: 0.001 }, 1200, true],
    ['is one session per limit’s number of entries when no rate is known', 11, {}, 1200, false],
    [
      'counts a limit of 0 as a limit of 1',
      3,
      { limits: { ...limits, activeLimit: 0 }, active: 0 },
      1800,
      false,
    ],
  ])('%s', (_what, position, changes, seconds, isMeasured) => {
    expect(etaSeconds(position, { ...flow, ...changes })).toMatchObject({ seconds, isMeasured });
  });

  it.each([
    ['now when a session is free', 4, { active: 6 }, 0],
    [
      'at the rate limit, which admission may be about to use',
      20,
      { perSecond: 1, limits: { ...limits, rateLimit: 40 } },
      0.5,
    ],
    ['at the measured rate without a rate limit', 21, { perSecond: 2 }, 10.5],
    [
      'at the measured rate when the rate limit is 0',
      20,
      { perSecond: 2, limits: { ...limits, rateLimit: 0 } },
      10,
    ],
    ['a shortest session per limit’s number of entries when no rate is known', 20, {}, 8],
    [
      'the estimate itself while admission is paused',
      20,
      { perSecond: 2, limits: { ...limits, paused: true } },
      10,
    ],
  ])('has as its soonest value: %s', (_what, position, changes, soonestSeconds) => {
    expect(etaSeconds(position, { ...flow, ...changes })).toMatchObject({ soonestSeconds });
  });
});

describe('the calibration of predictions', () => {
  it('returns actual minus predicted seconds of each prediction once', () => {
    const calibration = new EtaCalibration();
    calibration.predicted(10, T0, 5);
    calibration.predicted(20, T0 + 1000, 5);
    expect(calibration.served(9, T0 + 2000)).toEqual([]);
    expect(calibration.served(15, T0 + 7000)).toEqual([2]);
    expect(calibration.served(25, T0 + 4000)).toEqual([-2]);
    expect(calibration.served(25, T0 + 9000)).toEqual([]);
  });

  it('keeps one prediction every 250 ms and a thousand in all', () => {
    const calibration = new EtaCalibration();
    for (let ms = 0; ms < 1000; ms += 10) calibration.predicted(1, T0 + ms, 1);
    expect(calibration.served(1, T0 + 1000)).toHaveLength(4);
    for (let i = 1; i <= 5000; i++) calibration.predicted(1, T0 + i * 1000, 1);
    expect(calibration.served(1, T0 + 10_000_000)).toHaveLength(1000);
  });

  it('keeps the next prediction 250 ms after the last one that it kept', () => {
    const calibration = new EtaCalibration();
    for (const ms of [0, 0, 249, 250, 400, 500]) calibration.predicted(1, T0 + ms, 0);
    expect(calibration.served(1, T0 + 1000)).toEqual([1, 0.75, 0.5]);
  });

  it('counts a prediction made at the moment of the admission', () => {
    const calibration = new EtaCalibration();
    calibration.predicted(3, T0, 2);
    expect(calibration.served(3, T0)).toEqual([-2]);
    expect(calibration.served(3, T0)).toEqual([]);
  });

  it('drops predictions from before the clock stepped back', () => {
    const calibration = new EtaCalibration();
    const backMs = T0 - 3_600_000;
    calibration.predicted(10, T0, 5);
    calibration.predicted(20, backMs, 5);
    expect(calibration.served(30, backMs + 6000)).toEqual([1]);
  });
});
