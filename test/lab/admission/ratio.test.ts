import { dice } from '../../../lab/capacity/random';
import type { Second } from '../../../lab/admission/model/second';
import { ratioLine } from '../../../lab/admission/ratio';

const SECONDS = 120;

/** A run with about this many completed visits a second. */
function runOf(perSecond: number, seed: number): Second[] {
  const random = dice(seed);
  return Array.from({ length: SECONDS }, (_, at): Second => ({
    at,
    limit: 100,
    rate: 10,
    action: 'hold:latency',
    waiting: 50,
    active: 100,
    p99Ms: 90,
    requests: 500,
    failed: 0,
    admitted: 10,
    completed: Math.round(perSecond * (0.8 + 0.4 * random())),
  }));
}

describe('the ratio of the admission controller to a fixed limit', () => {
  it('is given with its 95 % interval, which contains the true one', () => {
    const line = ratioLine(0.9, [...runOf(90, 1), ...runOf(90, 2)], [...runOf(100, 3), ...runOf(100, 4)]);
    const [ratio = NaN, low = NaN, high = NaN] =
      /: ([\d.]+) \(95 %: ([\d.]+)–([\d.]+)\)\.$/.exec(line)?.slice(1).map(Number) ?? [];
    expect([low <= 0.9, high >= 0.9, low < ratio, ratio < high]).toEqual([true, true, true, true]);
    expect(high - low).toBeLessThan(0.1);
  });

  it('has no interval when the runs were too short', () => {
    const short = runOf(100, 1).slice(0, 20);
    expect(ratioLine(1, short, short)).toBe(
      '`auto` / the best fixed limit: 1.00 (too few seconds for an interval).',
    );
  });
});
