import { type Interval, ratioInterval } from '../../../statistics/intervals.ts';
import { type Result, verdictOf } from './result.ts';

/** A change against an earlier run; below 1 is worse, whatever the unit. */
export interface Change {
  name: string;
  ratio: number;
  /** undefined: too few rounds in one of the two runs. */
  interval: Interval | undefined;
}

/** Of the results that both runs have and that a ratio can tell: `redis-commands` is often 0 or, by noise, less. */
export function changes(now: readonly Result[], before: readonly Result[]): Change[] {
  const earlier = new Map(before.map((result) => [result.name, result]));
  return now.flatMap((result) => {
    const other = earlier.get(result.name);
    if (other === undefined || other.measured.median <= 0 || result.measured.median <= 0) return [];
    const smallerIsBetter = result.target !== undefined && 'atMost' in result.target;
    const [from, to] = smallerIsBetter ? [result, other] : [other, result];
    const ratio = to.measured.median / from.measured.median;
    return [{ name: result.name, ratio, interval: ratioInterval(from.measured.values, to.measured.values) }];
  });
}

/** Failures of a gate: targets that are certainly missed, and changes that are certainly for the worse. */
export function certainRegressions(results: readonly Result[], against: readonly Change[]): string[] {
  const missed = results.filter((result) => {
    const verdict = verdictOf(result);
    return verdict !== undefined && verdict.certain && !verdict.reached;
  });
  const worse = against.filter(({ interval }) => interval !== undefined && interval.high < 1);
  return [
    ...missed.map(({ name }) => `${name} misses its target for certain`),
    ...worse.map(
      ({ name, ratio, interval }) => `${name} is worse than before: ${shown({ ratio, interval })}`,
    ),
  ];
}

export const changeLines = (all: readonly Change[]): string[] =>
  all.map(({ name, ...change }) => `${name}: ${shown(change)} of before`);

function shown({ ratio, interval }: Pick<Change, 'ratio' | 'interval'>): string {
  const range =
    interval === undefined
      ? 'too few rounds for an interval'
      : `95 %: ${interval.low.toFixed(2)}–${interval.high.toFixed(2)}`;
  return `${ratio.toFixed(2)} (${range})`;
}
