import { type ChanceOutcome, wordOf } from '../catalog/sale-board/chances';
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

/** Published chances, and what came of them. */
interface Calibration {
  /** Number of chances. */
  said: number;
  /** Their mean. */
  predicted: number;
  /** Share of the entries whose turn came while there were seats. */
  served: number;
  /** Mean squared error of the chances: 0 is perfect; 0.25 is what 50 % for everybody gets. */
  brier: number;
}

interface WordCalibration extends Calibration {
  word: Chance;
}

/** Of the chances in [from, to), and of 1 in the last one. */
interface BinCalibration extends WordCalibration {
  from: number;
  to: number;
}

const WORDS: Chance[] = ['likely', 'possible', 'unlikely'];
/** The limits of the three words are limits of bins, so each bin stands for one word. */
const BINS = 10;

/** All 0 when there are none. */
function calibrationOf(among: readonly ChanceOutcome[]): Calibration {
  const meanOf = (of: (outcome: ChanceOutcome) => number): number =>
    among.reduce((sum, outcome) => sum + of(outcome), 0) / Math.max(1, among.length);
  return {
    said: among.length,
    predicted: meanOf(({ chance }) => chance),
    served: meanOf(({ isServed }) => (isServed ? 1 : 0)),
    brier: meanOf(({ squaredError }) => squaredError),
  };
}

/** How good the chances of a sale were: by word, and by tenth of the chance (a reliability diagram). */
export interface ChanceFigures {
  words: WordCalibration[];
  /** Tenths of the chance, in ascending order; those without any chance are left out. */
  bins: BinCalibration[];
  /** Brier score; null: nothing was predicted. */
  brier: number | null;
}

export function chanceFiguresOf(outcomes: readonly ChanceOutcome[]): ChanceFigures {
  const words = WORDS.map((word) => ({
    word,
    ...calibrationOf(outcomes.filter((outcome) => outcome.word === word)),
  }));
  const binned = Array.from({ length: BINS }, (): ChanceOutcome[] => []);
  for (const outcome of outcomes)
    binned[Math.min(BINS - 1, Math.floor(outcome.chance * BINS))]?.push(outcome);
  const bins = binned
    .map((among, i) => {
      const [from, to] = [i / BINS, (i + 1) / BINS];
      return { from, to, word: wordOf(from), ...calibrationOf(among) };
    })
    .filter(({ said }) => said > 0);
  return { words, bins, brier: outcomes.length === 0 ? null : calibrationOf(outcomes).brier };
}
