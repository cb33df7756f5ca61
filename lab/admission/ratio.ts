import { mean, seriesRatioInterval } from '../statistics/intervals.ts';
import { usefulVisits } from './model/score.ts';
import type { Second } from './model/second.ts';

/** The ratio of two limits, with 95 % confidence by blocks of their seconds. */
export function ratioLine(ratio: number, auto: Second[], best: Second[]): string {
  const interval = seriesRatioInterval(best.map(usefulVisits), auto.map(usefulVisits), mean);
  const range =
    interval === undefined
      ? 'too few seconds for an interval'
      : `95 %: ${interval.low.toFixed(2)}–${interval.high.toFixed(2)}`;
  return `\`auto\` / the best fixed limit: ${ratio.toFixed(2)} (${range}).`;
}
