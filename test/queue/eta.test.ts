import fc from 'fast-check';
import { AdmissionRate, EtaCalibration, etaSeconds } from '../../src/modules/waiting-room/polling/eta';

const T0 = 1_700_000_000_000;

describe('the admission rate', () => {
  it('is unknown before two samples, and nought while nobody is let in', () => {
    const rate = new AdmissionRate();
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
          const rate = new AdmissionRate();
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
    ['the count begins anew after a loss', 0, -100],
  ])('starts over when %s, and is never negative', (_when, clockMs, count) => {
    const rate = new AdmissionRate();
    for (let s = 0; s <= 20; s++) rate.add(T0 + s * 1000, 100 + s * 10);
    for (let s = 21; s <= 30; s++) {
      rate.add(T0 + clockMs + s * 1000, 100 + count + s * 10);
      expect(rate.perSecond).toBeGreaterThanOrEqual(0);
    }
    expect(rate.perSecond).toBeCloseTo(10);
  });

  it('survives a clock that leaps ahead', () => {
    const rate = new AdmissionRate();
    for (let s = 0; s <= 20; s++) rate.add(T0 + s * 1000, s * 10);
    for (let s = 21; s <= 60; s++) rate.add(T0 + 3_600_000 + s * 1000, s * 10);
    expect(rate.perSecond).toBeCloseTo(10);
  });
});

describe('the admission rate’s window', () => {
  it('takes a sample a second, and forgets those of more than half a minute ago', () => {
    const rate = new AdmissionRate();
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

  it('begins anew with the very sample that is lower, or earlier', () => {
    for (const [ms, count] of [
      [2000, 99],
      [-2000, 200],
    ] as const) {
      const rate = new AdmissionRate();
      rate.add(T0 - 1000, 50);
      rate.add(T0, 100);
      rate.add(T0 + ms, count);
      rate.add(T0 + ms + 1000, count + 7);
      rate.add(T0 + ms + 2000, count + 14);
      expect(rate.perSecond).toBe(7);
    }
  });

  it('goes on when nobody was let in and no time has passed', () => {
    const rate = new AdmissionRate();
    rate.add(T0, 100);
    rate.add(T0 + 1000, 110);
    rate.add(T0 + 1000, 110);
    rate.add(T0 + 2000, 110);
    expect(rate.perSecond).toBe(5);
  });
});

describe('the time until somebody gets in', () => {
  const door = { activeLimit: 10, rateLimit: undefined, paused: false, source: 'fixed' as const };
  const line = { door, inside: 10, perSecond: 0, leaseSeconds: 600 };

  it.each([
    ['is the next tick where a place is free', 4, { inside: 6 }, 1, false],
    ['is not where the free places go to those before', 5, { inside: 6 }, 600, false],
    [
      'is not for one whom the rate does not let in yet',
      3,
      { inside: 0, door: { ...door, rateLimit: 2 } },
      600,
      false,
    ],
    [
      'is the next tick for one whom the rate lets in',
      2,
      { inside: 0, door: { ...door, rateLimit: 2 } },
      1,
      false,
    ],
    ['is not while the door is paused', 1, { inside: 0, door: { ...door, paused: true } }, 600, false],
    ['goes by the measured rate', 21, { perSecond: 2 }, 11, true],
    [
      'goes by the door’s rate where that is less',
      20,
      { perSecond: 5, door: { ...door, rateLimit: 4 } },
      5,
      true,
    ],
    [
      'goes by the measured rate where the door’s is more',
      20,
      { perSecond: 2, door: { ...door, rateLimit: 4 } },
      10,
      true,
    ],
    ['is no later than when all leases before have ended', 20, { perSecond: 0.001 }, 1200, true],
    ['is one lease for each houseful where nothing is known', 11, {}, 1200, false],
    [
      'is that of a house of one where nobody may be inside',
      3,
      { door: { ...door, activeLimit: 0 }, inside: 0 },
      1800,
      false,
    ],
  ])('%s', (_what, position, changes, seconds, isMeasured) => {
    expect(etaSeconds(position, { ...line, ...changes })).toMatchObject({ seconds, isMeasured });
  });

  it.each([
    ['at once where a place is free', 4, { inside: 6 }, 0],
    [
      'at the door’s rate, which it may be about to use',
      20,
      { perSecond: 1, door: { ...door, rateLimit: 40 } },
      0.5,
    ],
    ['at the measured rate where the door has none', 21, { perSecond: 2 }, 10.5],
    [
      'at the measured rate where the door is shut',
      20,
      { perSecond: 2, door: { ...door, rateLimit: 0 } },
      10,
    ],
    ['a short visit for each houseful where nothing is known', 20, {}, 8],
    [
      'no sooner than expected while the door is paused',
      20,
      { perSecond: 2, door: { ...door, paused: true } },
      10,
    ],
  ])('is at the soonest %s', (_what, position, changes, soonestSeconds) => {
    expect(etaSeconds(position, { ...line, ...changes })).toMatchObject({ soonestSeconds });
  });
});

describe('the calibration of predictions', () => {
  it('says by how many seconds reality was later than predicted, once each', () => {
    const calibration = new EtaCalibration();
    calibration.predicted(10, T0, 5);
    calibration.predicted(20, T0 + 1000, 5);
    expect(calibration.served(9, T0 + 2000)).toEqual([]);
    expect(calibration.served(15, T0 + 7000)).toEqual([2]);
    expect(calibration.served(25, T0 + 4000)).toEqual([-2]);
    expect(calibration.served(25, T0 + 9000)).toEqual([]);
  });

  it('remembers one prediction each 250 ms and a thousand in all', () => {
    const calibration = new EtaCalibration();
    for (let ms = 0; ms < 1000; ms += 10) calibration.predicted(1, T0 + ms, 1);
    expect(calibration.served(1, T0 + 1000)).toHaveLength(4);
    for (let i = 1; i <= 5000; i++) calibration.predicted(1, T0 + i * 1000, 1);
    expect(calibration.served(1, T0 + 10_000_000)).toHaveLength(1000);
  });

  it('remembers the next one 250 ms after the last that it remembered', () => {
    const calibration = new EtaCalibration();
    for (const ms of [0, 0, 249, 250, 400, 500]) calibration.predicted(1, T0 + ms, 0);
    expect(calibration.served(1, T0 + 1000)).toEqual([1, 0.75, 0.5]);
  });

  it('remembers one made at the very moment at which it is judged', () => {
    const calibration = new EtaCalibration();
    calibration.predicted(3, T0, 2);
    expect(calibration.served(3, T0)).toEqual([-2]);
    expect(calibration.served(3, T0)).toEqual([]);
  });

  it('goes on after the clock has stepped back, without errors of hours', () => {
    const calibration = new EtaCalibration();
    const backMs = T0 - 3_600_000;
    calibration.predicted(10, T0, 5);
    calibration.predicted(20, backMs, 5);
    expect(calibration.served(30, backMs + 6000)).toEqual([1]);
  });
});
