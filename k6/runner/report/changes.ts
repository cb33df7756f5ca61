import {
  type Interval,
  mean,
  median,
  seriesRatioInterval,
  type Statistic,
} from '../../../lab/statistics/intervals.ts';
import type { Findings } from '../checks/findings.ts';
import type { Table } from './page.ts';

/** One figure of the second run over that of the first, by its seconds. */
export interface Change {
  name: string;
  before: number;
  now: number;
  /** With 95 % confidence; undefined: too short a run, or nothing measured. */
  ratio: Interval | undefined;
  better: 'more' | 'less';
}

/** Two runs of one build differ by the mood of the machine; a change has to be greater than that. */
const MARGIN = 0.05;

type Aggregate = Parameters<Findings['recording']['get']>[1];

const COMPARED: {
  name: string;
  metric: string;
  aggregate: Aggregate;
  of: Statistic;
  better: Change['better'];
}[] = [
  { name: 'requests/s', metric: 'http_reqs', aggregate: 'rate', of: mean, better: 'more' },
  { name: 'p50 of a second, ms', metric: 'http_req_duration', aggregate: 'med', of: median, better: 'less' },
  {
    name: 'p95 of a second, ms',
    metric: 'http_req_duration',
    aggregate: 'p(95)',
    of: median,
    better: 'less',
  },
  {
    name: 'p99 of a second, ms',
    metric: 'http_req_duration',
    aggregate: 'p(99)',
    of: median,
    better: 'less',
  },
];

/** The seconds of a run are resampled in blocks, because each resembles the one before. */
export const changesOf = (before: Findings, now: Findings): Change[] =>
  COMPARED.map(({ name, metric, aggregate, of, better }) => {
    const [a = [], b = []] = [before, now].map(({ recording }) =>
      recording.get(metric, aggregate)?.points.map(([, value]) => value),
    );
    return { name, before: of(a), now: of(b), ratio: seriesRatioInterval(a, b, of), better };
  });

/** Whether the whole interval is worse, and by more than the margin. */
export function isCertainlyWorse({ ratio, better }: Pick<Change, 'ratio' | 'better'>): boolean {
  if (ratio === undefined) return false;
  return better === 'more' ? ratio.high < 1 - MARGIN : ratio.low > 1 + MARGIN;
}

const shown = (value: number): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '–';

export const changeTable = (changes: Change[]): Table => ({
  head: ['change', 'before', 'now', 'now / before (95 %)', ''],
  rows: changes.map((change) => {
    const { name, before, now, ratio } = change;
    const range =
      ratio === undefined ? 'too few seconds' : `${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}`;
    return [
      name,
      shown(before),
      shown(now),
      `${shown(now / before)} (${range})`,
      isCertainlyWorse(change) ? 'WORSE' : '',
    ];
  }),
});
