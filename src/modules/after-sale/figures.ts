import type { ChanceOutcome } from '../catalog/sale-board/chances';
import type { Chance } from '../waiting-room/status/schema';

/** Of values in any unit; all 0 when there are none. */
export interface Distribution {
  count: number;
  mean: number;
  p10: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  max: number;
}

/** The smallest value that at least this share of the values do not exceed (nearest rank). */
const percentile = (ascending: readonly number[], share: number): number =>
  ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? 0;

export function distributionOf(values: readonly number[]): Distribution {
  const ascending = Float64Array.from(values).sort();
  const at = (share: number): number => percentile(ascending as unknown as number[], share);
  const total = ascending.reduce((sum, value) => sum + value, 0);
  return {
    count: values.length,
    mean: values.length === 0 ? 0 : total / values.length,
    p10: at(0.1),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  };
}

/** A published chance, and its outcome. */
export interface WordCalibration {
  word: Chance;
  said: number;
  /** Mean of the chances that the word stood for. */
  predicted: number;
  /** Share of the entries whose turn came while there were seats. */
  served: number;
}

const WORDS: Chance[] = ['likely', 'possible', 'unlikely'];

/** @returns the Brier score as well: the mean squared error of the chances (0 is perfect; 0.25 is what 50 % for all gives) */
export function calibrationOf(outcomes: readonly ChanceOutcome[]): {
  words: WordCalibration[];
  brier: number | undefined;
} {
  const meanOf = (of: (outcome: ChanceOutcome) => number, among: readonly ChanceOutcome[]): number =>
    among.reduce((sum, outcome) => sum + of(outcome), 0) / Math.max(1, among.length);
  const words = WORDS.map((word): WordCalibration => {
    const among = outcomes.filter((outcome) => outcome.word === word);
    return {
      word,
      said: among.length,
      predicted: meanOf(({ chance }) => chance, among),
      served: meanOf(({ isServed }) => (isServed ? 1 : 0), among),
    };
  });
  const brier = outcomes.length === 0 ? undefined : meanOf(({ squaredError }) => squaredError, outcomes);
  return { words, brier };
}
