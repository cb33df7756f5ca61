import type { Chance, Chances } from '../../waiting-room/status/schema';
import type { Demand } from './demand';

const LIKELY = 0.8;
const POSSIBLE = 0.2;

/** The seats on sale, and the users ahead of the queue who may take them. */
export interface Supply {
  free: number;
  held: number;
  /** Active users who hold nothing. */
  undecided: number;
}

/** The chance of the entry at a position. */
export const chanceAt = (position: number, demand: Demand, { free, held, undecided }: Supply): number =>
  demand.chanceBehind(undecided + position - 1, free, held);

/** How a chance is published. */
export const wordOf = (chance: number): Chance => {
  if (chance >= LIKELY) return 'likely';
  return chance >= POSSIBLE ? 'possible' : 'unlikely';
};

/** Up to which positions the chance is likely, and up to which at least possible: the farther back, the smaller it is. */
export function chancesOf(demand: Demand, supply: Supply): Chances {
  const lastWith = (least: number): number => {
    let [low, high] = [0, 2 ** 31];
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      if (chanceAt(middle, demand, supply) >= least) low = middle;
      else high = middle;
    }
    return low;
  };
  return { likelyUpTo: lastWith(LIKELY), possibleUpTo: lastWith(POSSIBLE) };
}

/**
 * The entry at a share of those who wait; undefined: nobody does. It goes by who is present, because a restore leaves
 * numbers out that no entry has.
 * @param presentUpTo how many of (headSeq, seq] are present
 */
export function seqAtShare(
  share: number,
  { headSeq, issued }: { headSeq: number; issued: number },
  presentUpTo: (seq: number) => number,
): number | undefined {
  const rank = Math.ceil(presentUpTo(issued) * share);
  if (rank === 0) return undefined;
  let [low, high] = [headSeq, issued];
  while (low + 1 < high) {
    const middle = Math.floor((low + high) / 2);
    if (presentUpTo(middle) >= rank) high = middle;
    else low = middle;
  }
  return high;
}

interface Prediction {
  seq: number;
  chance: number;
}

export interface ChanceOutcome {
  word: Chance;
  chance: number;
  /** Whether its turn came while there were seats. */
  isServed: boolean;
  squaredError: number;
}

/** Most entries of a queue whose chance is remembered. */
const MAX_PENDING = 2000;
/** Chances are sampled at these shares of those who wait, in turn. */
export const SHARES = [0.1, 0.3, 0.5, 0.7, 0.9];

/** Compares published chances with their outcomes. */
export class ChanceCalibration {
  private pending: Prediction[] = [];
  private turn = 0;

  /** Remembers the chance published now for the entry at a share of those who wait. */
  predict(seqAt: (share: number) => number | undefined, chanceOf: (seq: number) => number): void {
    if (this.pending.length >= MAX_PENDING) return;
    const seq = seqAt(SHARES[this.turn++ % SHARES.length] ?? 1);
    if (seq !== undefined) this.pending.push({ seq, chance: chanceOf(seq) });
  }

  /** What is known of the entries up to the head, and of all others when nothing is left. */
  settle(headSeq: number, isSoldOut: boolean): ChanceOutcome[] {
    const isSettled = ({ seq }: Prediction): boolean => isSoldOut || seq <= headSeq;
    const settled = this.pending.filter(isSettled);
    this.pending = this.pending.filter((each) => !isSettled(each));
    return settled.map(({ seq, chance }) => {
      const isServed = seq <= headSeq;
      return { word: wordOf(chance), chance, isServed, squaredError: (chance - (isServed ? 1 : 0)) ** 2 };
    });
  }
}
