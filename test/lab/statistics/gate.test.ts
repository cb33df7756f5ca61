import { certainRegressions, changes } from '../../../lab/bench/lib/results/gate';
import { type Result, verdictOf } from '../../../lab/bench/lib/results/result';
import { spread } from '../../../lab/bench/lib/results/rounds';
import { textTable } from '../../../lab/bench/lib/results/table';

const result = (values: number[], target: Result['target'], name = 'check-known'): Result => ({
  name,
  measured: spread(values),
  unit: '',
  target,
  counted: 'rates',
  notes: [],
  rounds: {},
});
const around = (value: number): number[] => [-0.03, -0.02, -0.01, 0, 0.01, 0.02, 0.03].map((d) => value + d);
const AT_LEAST = { atLeast: 0.58 };

describe('a benchmark and its target', () => {
  it.each([
    ['is reached when the whole interval is above it', around(0.65), { reached: true, certain: true }],
    [
      'is reached, not for certain, when the interval begins below',
      around(0.59),
      { reached: true, certain: false },
    ],
    [
      'is missed, not for certain, when the interval ends above',
      around(0.57),
      { reached: false, certain: false },
    ],
    [
      'is missed for certain when the whole interval is below',
      around(0.5),
      { reached: false, certain: true },
    ],
    ['is never certain with few rounds', [0.5, 0.5, 0.5], { reached: false, certain: false }],
    ['is certain when it is measured once', [0.5], { reached: false, certain: true }],
  ])('%s', (_what, values, verdict) => {
    expect(verdictOf(result(values, AT_LEAST))).toEqual(verdict);
  });

  it('is shown with its interval', () => {
    expect(textTable([result(around(0.5), AT_LEAST)])).toMatch(
      /check-known +0\.50 \(0\.47–0\.53\) +≥ 0\.58 +MISSED /,
    );
    expect(textTable([result(around(0.57), AT_LEAST)])).toContain('MISSED, not certain');
  });
});

describe('the gate', () => {
  it('fails by what is certain only', () => {
    expect(certainRegressions([result(around(0.57), AT_LEAST)], [])).toEqual([]);
    expect(certainRegressions([result(around(0.5), AT_LEAST)], [])).toEqual([
      'check-known misses its target for certain',
    ]);
  });

  it('fails by a change whose whole interval is for the worse', () => {
    const against = (now: number): string[] =>
      certainRegressions([], changes([result(around(now), undefined)], [result(around(0.6), undefined)]));
    expect(against(0.5)).toEqual([
      expect.stringMatching(/^check-known is worse than before: 0\.83 \(95 %: /),
    ]);
    expect(against(0.59)).toEqual([]);
    expect(against(0.8)).toEqual([]);
  });

  it('knows that less is better where the target is at most', () => {
    const start = (ms: number): Result => result(around(ms), { atMost: 1000 }, 'start');
    expect(certainRegressions([], changes([start(700)], [start(600)]))).toEqual([
      expect.stringContaining('start is worse than before: 0.86'),
    ]);
    expect(certainRegressions([], changes([start(500)], [start(600)]))).toEqual([]);
  });

  it('compares only what both runs have measured', () => {
    expect(changes([result([1], undefined, 'seat')], [result([1], undefined, 'issue')])).toEqual([]);
  });
});
