import { setImmediate as nextTurn } from 'node:timers/promises';

/** A seat of a hall, as the choice of adjacent seats needs it. */
export interface HallSeat {
  id: number;
  position: number;
  section: string | null;
  row: string | null;
  /** In the hall's unit, from the left. */
  x: number | null;
  /** From the stage. */
  y: number | null;
  /** It can be held, and is of the wanted class. */
  isFree: boolean;
  /** It is sold or taken out of the sale, so it will not become free. */
  isSold: boolean;
  /** It is of the wanted class. */
  isWanted: boolean;
}

interface Choice {
  seatIds: number[];
  /** Smaller is better. */
  score: number;
}

/** A choice that leaves a single seat alone is worse than one at any distance. */
const LEFT_ALONE = 1_000_000;

/** To try that many choices takes some ms. */
const CHOICES_PER_TURN = 5000;

/** The rows of a hall, whose seats are added in pieces. */
export class Hall {
  private readonly byName = new Map<string, HallSeat[]>();
  isEmpty = true;
  isSold = true;
  /** It has seats of the wanted class. */
  isWanted = false;

  add(seats: readonly HallSeat[]): void {
    for (const seat of seats) {
      const name = JSON.stringify([seat.section, seat.row]);
      const row = this.byName.get(name);
      if (row === undefined) this.byName.set(name, [seat]);
      else row.push(seat);
      this.isEmpty = false;
      this.isSold &&= seat.isSold;
      this.isWanted ||= seat.isWanted;
    }
  }

  /** Each from the left. */
  *rows(): Generator<HallSeat[]> {
    const place = ({ x, position }: HallSeat): number => x ?? position;
    for (const row of this.byName.values()) yield row.sort((one, other) => place(one) - place(other));
  }
}

/**
 * The best choices of `count` free seats next to each other in one row, at most `max`, best first: those that leave no
 * single seat over, then those near the stage, then those near the middle of their row. Without a layout the schedule is
 * one row in the order of positions. The event loop turns between pieces of the search.
 */
export async function bestSeats(hall: Hall, count: number, max: number): Promise<number[][]> {
  const best: Choice[] = [];
  let tried = 0;
  for (const row of hall.rows())
    for (const choice of choicesIn(row, count)) {
      if (++tried % CHOICES_PER_TURN === 0) await nextTurn();
      if (choice !== undefined) keepBest(best, choice, max);
    }
  return best.map(({ seatIds }) => seatIds);
}

/** Of two as good ones the first stays in front. */
function keepBest(best: Choice[], choice: Choice, max: number): void {
  let at = best.length;
  while (at > 0 && (best[at - 1]?.score ?? 0) > choice.score) at--;
  if (at >= max) return;
  best.splice(at, 0, choice);
  if (best.length > max) best.pop();
}

/** A choice per seat that it may begin with; undefined where it cannot. */
function* choicesIn(row: HallSeat[], count: number): Generator<Choice | undefined> {
  const isFree = (index: number): boolean => row[index]?.isFree === true;
  for (let from = 0; from + count <= row.length; from++) {
    const chosen = row.slice(from, from + count);
    if (!chosen.every((seat) => seat.isFree)) {
      yield undefined;
      continue;
    }
    const to = from + count - 1;
    // Taken, the choice would leave a neighbour with nobody free on its other side.
    const alone = Number(isFree(from - 1) && !isFree(from - 2)) + Number(isFree(to + 1) && !isFree(to + 2));
    const fromMiddle = Math.abs((from + to) / 2 - (row.length - 1) / 2);
    const distance = row[0]?.y ?? 0;
    const score = alone * LEFT_ALONE + distance + fromMiddle;
    yield { seatIds: chosen.map(({ id }) => id).sort((a, b) => a - b), score };
  }
}
