import { dice } from '../capacity/random.ts';
import { normalTail, t975 } from './distributions.ts';

/** Between which bounds a figure lies with 95 % confidence. */
export interface Interval {
  low: number;
  high: number;
}

export type Statistic = (values: readonly number[]) => number;

/** With fewer independent samples even their least and greatest do not enclose the median in 95 of 100 cases. */
const MIN_SAMPLES = 6;

export interface BootstrapOptions {
  resamples?: number;
  seed?: number;
}

const DEFAULTS = { resamples: 2000, seed: 1 };

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (at(sorted, Math.floor((sorted.length - 1) / 2)) + at(sorted, Math.floor(sorted.length / 2))) / 2;
}

export const mean: Statistic = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of independent samples, such as the rounds of a benchmark. @returns undefined when they are fewer than MIN_SAMPLES */
export function intervalOf(
  samples: readonly number[],
  statistic: Statistic = median,
  options: BootstrapOptions = {},
): Interval | undefined {
  if (samples.length < MIN_SAMPLES) return undefined;
  const { resamples, seed } = { ...DEFAULTS, ...options };
  const random = dice(seed);
  return bounds(samples.length, resamples, () => statistic(resampled(samples, 1, random)));
}

/**
 * Of `statistic(b) / statistic(a)`, for two groups of independent samples. @returns undefined when one of them has fewer
 * than MIN_SAMPLES
 */
export function ratioInterval(
  a: readonly number[],
  b: readonly number[],
  statistic: Statistic = median,
  options: BootstrapOptions = {},
): Interval | undefined {
  return ratioOfBlocks({ a, b, blockLength: 1 }, statistic, options);
}

/**
 * The same for two runs of values one after the other, such as those of each second: neighbours are alike, so blocks of
 * neighbours are drawn, not values (moving blocks, Künsch 1989; circular as Politis and Romano 1992).
 */
export function seriesRatioInterval(
  a: readonly number[],
  b: readonly number[],
  statistic: Statistic = median,
  options: BootstrapOptions = {},
): Interval | undefined {
  // Longer than what one second has in common with the next, short enough to leave many blocks.
  const blockLength = Math.ceil(Math.sqrt(Math.min(a.length, b.length)));
  return ratioOfBlocks({ a, b, blockLength }, statistic, options);
}

function ratioOfBlocks(
  { a, b, blockLength }: { a: readonly number[]; b: readonly number[]; blockLength: number },
  statistic: Statistic,
  options: BootstrapOptions,
): Interval | undefined {
  const blocks = Math.floor(Math.min(a.length, b.length) / blockLength);
  if (blocks < MIN_SAMPLES) return undefined;
  const { resamples, seed } = { ...DEFAULTS, ...options };
  const random = dice(seed);
  return bounds(
    blocks,
    resamples,
    () => statistic(resampled(b, blockLength, random)) / statistic(resampled(a, blockLength, random)),
  );
}

/** As many values as there are, drawn with replacement in blocks of neighbours; the last is followed by the first. */
function resampled(values: readonly number[], blockLength: number, random: () => number): number[] {
  const drawn: number[] = [];
  while (drawn.length < values.length) {
    const from = Math.floor(random() * values.length);
    for (let i = 0; i < blockLength && drawn.length < values.length; i++)
      drawn.push(at(values, (from + i) % values.length));
  }
  return drawn;
}

/**
 * Percentiles of the bootstrap, widened for few samples: it draws from the samples as if they were the whole, so its
 * spread is too small by √((n − 1) / n), and has the tails of the normal distribution instead of Student's.
 * (Hesterberg, What Teachers Should Know about the Bootstrap, 2015, 5.3: expanded percentile interval)
 */
function bounds(samples: number, resamples: number, draw: () => number): Interval {
  const tail = normalTail(Math.sqrt(samples / (samples - 1)) * t975(samples - 1));
  const sorted = Array.from({ length: resamples }, draw).sort((x, y) => x - y);
  const last = resamples - 1;
  return { low: at(sorted, Math.floor(tail * last)), high: at(sorted, Math.ceil((1 - tail) * last)) };
}

const at = (values: readonly number[], index: number): number => values[index] ?? Number.NaN;
