import { dice } from '../../../lab/capacity/random';
import { normalTail, t975 } from '../../../lab/statistics/distributions';
import {
  intervalOf,
  mean,
  median,
  ratioInterval,
  seriesRatioInterval,
  type Interval,
} from '../../../lab/statistics/intervals';

const TIMES = 400;
const FEW = { resamples: 400 };

/** Standard normal numbers (Box and Muller). */
function normals(seed: number): () => number {
  const random = dice(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Share of the simulated experiments whose interval holds the true value. */
function coverage(truth: number, experiment: (i: number) => Interval | undefined): number {
  const hits = Array.from({ length: TIMES }, (_, i) => experiment(i)).filter(
    (interval) => interval !== undefined && interval.low <= truth && truth <= interval.high,
  );
  return hits.length / TIMES;
}

describe('the distributions behind the intervals', () => {
  it.each([
    [5, 2.5706],
    [9, 2.2622],
    [30, 2.0423],
    [1000, 1.9623],
  ])('the quantile of t with %d degrees of freedom is that of the table', (degrees, table) => {
    expect(Math.abs(t975(degrees) - table)).toBeLessThan(0.003);
  });

  it.each([
    [0, 0.5],
    [1.959964, 0.025],
    [3, 0.0013499],
  ])('the tail of the normal distribution above %d is that of the table', (z, table) => {
    expect(Math.abs(normalTail(z) - table)).toBeLessThan(1e-7);
  });
});

describe('95 % intervals', () => {
  it('the median of an even number of values is between the middle two', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), mean([1, 2, 6])]).toEqual([2, 2.5, 3]);
  });

  it('six rounds are given by their least and greatest', () => {
    expect(intervalOf([0.58, 0.61, 0.55, 0.6, 0.59, 0.57])).toEqual({ low: 0.55, high: 0.61 });
  });

  it('fewer than six rounds have no interval', () => {
    expect(intervalOf([1, 2, 3, 4, 5])).toBeUndefined();
    expect(ratioInterval([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5])).toBeUndefined();
    expect(seriesRatioInterval(Array<number>(20).fill(1), Array<number>(20).fill(1))).toBeUndefined();
  });

  it('equal rounds leave no doubt', () => {
    expect(intervalOf(Array<number>(8).fill(0.5))).toEqual({ low: 0.5, high: 0.5 });
  });

  it('the same rounds give the same interval in each run', () => {
    const draw = normals(7);
    const rounds = Array.from({ length: 12 }, () => 10 + draw());
    expect(intervalOf(rounds)).toEqual(intervalOf(rounds));
  });

  it.each([
    ['6 rounds', 6, 0],
    ['10 rounds', 10, 0],
    ['20 rounds', 20, 0],
    ['10 rounds with a long tail', 10, 1],
  ])('the interval of the median of %s holds the true one in about 95 of 100 cases', (_name, size, skew) => {
    const draw = normals(11);
    const value = (): number => (skew === 0 ? draw() : Math.exp(draw()));
    const share = coverage(skew === 0 ? 0 : 1, () =>
      intervalOf(Array.from({ length: size }, value), median, FEW),
    );
    expect(share).toBeGreaterThanOrEqual(0.93);
    expect(share).toBeLessThanOrEqual(0.995);
  });

  it('the interval of the ratio of two builds holds the true one in about 95 of 100 cases', () => {
    const draw = normals(13);
    const rounds = (around: number): number[] =>
      Array.from({ length: 8 }, () => around * Math.exp(0.05 * draw()));
    const share = coverage(0.9, () => ratioInterval(rounds(100), rounds(90), median, FEW));
    expect(share).toBeGreaterThanOrEqual(0.93);
  });

  it('seconds that resemble the one before are not taken for independent', () => {
    const draw = normals(17);
    const series = (around: number): number[] => {
      let drift = draw();
      return Array.from({ length: 150 }, () => {
        drift = 0.6 * drift + 0.8 * draw();
        return around + drift;
      });
    };
    const [byBlocks, bySeconds] = [seriesRatioInterval, ratioInterval].map((interval) =>
      coverage(1.2, () => interval(series(50), series(60), mean, { resamples: 200 })),
    );
    expect(byBlocks).toBeGreaterThanOrEqual(0.9);
    expect(bySeconds).toBeLessThan(0.8);
  });
});
