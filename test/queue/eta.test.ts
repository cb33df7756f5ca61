import fc from 'fast-check';
import { AdmissionRate, EtaCalibration } from '../../src/modules/queue/eta';

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

  it('goes on after the clock has stepped back, without errors of hours', () => {
    const calibration = new EtaCalibration();
    const backMs = T0 - 3_600_000;
    calibration.predicted(10, T0, 5);
    calibration.predicted(20, backMs, 5);
    expect(calibration.served(30, backMs + 6000)).toEqual([1]);
  });
});
