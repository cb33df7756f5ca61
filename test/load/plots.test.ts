import { type Series, thin } from '../../k6/runner/plots/series.ts';

const GAP_SECONDS = 10;
const everySecond = (from: number, until: number): Series['points'] =>
  Array.from({ length: until - from }, (_, i) => [from + i, (from + i) % 100]);

describe('the line of a plot', () => {
  const lineOf = (points: Series['points']): Series['points'] =>
    thin({ name: 'waiting', points }, GAP_SECONDS).points;

  it('goes on where points of a long run are left out, and keeps the greatest values', () => {
    const line = lineOf(everySecond(0, 6000)); // 300 points are 20 s apart
    expect(line.length).toBeLessThanOrEqual(300);
    expect(line.filter(([, value]) => Number.isNaN(value))).toEqual([]);
    expect(line.filter(([, value]) => value === 99)).toHaveLength(60);
  });

  it.each([
    ['short', 50],
    ['long', 3000],
  ])('breaks off in a %s run where nothing was measured, and nowhere else', (_what, seconds) => {
    const line = lineOf([...everySecond(0, seconds), ...everySecond(seconds + 60, 3 * seconds)]);
    expect(line.filter(([, value]) => Number.isNaN(value))).toEqual([[seconds + 60, NaN]]);
  });

  it('is what was measured in a run of few points', () => {
    expect(lineOf([])).toEqual([]);
    expect(lineOf(everySecond(0, 300))).toEqual(everySecond(0, 300));
  });
});
