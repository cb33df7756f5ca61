import { groupBy } from '../../../common/group-by';

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

/**
 * Every choice of `count` free seats next to each other in one row, best first: those that leave no single seat over,
 * then those near the stage, then those near the middle of their row. Without a layout the schedule is one row in the
 * order of positions.
 */
export function bestSeats(seats: HallSeat[], count: number): number[][] {
  const choices = rowsOf(seats).flatMap((row) => choicesIn(row, count));
  return choices.sort((one, other) => one.score - other.score).map(({ seatIds }) => seatIds);
}

function rowsOf(seats: HallSeat[]): HallSeat[][] {
  const rows = groupBy(seats, ({ section, row }) => JSON.stringify([section, row]));
  const place = ({ x, position }: HallSeat): number => x ?? position;
  return [...rows.values()].map((row) => row.sort((one, other) => place(one) - place(other)));
}

function choicesIn(row: HallSeat[], count: number): Choice[] {
  const isFree = (index: number): boolean => row[index]?.isFree === true;
  const choices: Choice[] = [];
  for (let from = 0; from + count <= row.length; from++) {
    const chosen = row.slice(from, from + count);
    if (!chosen.every((seat) => seat.isFree)) continue;
    const to = from + count - 1;
    // Taken, the choice would leave a neighbour with nobody free on its other side.
    const alone = Number(isFree(from - 1) && !isFree(from - 2)) + Number(isFree(to + 1) && !isFree(to + 2));
    const fromMiddle = Math.abs((from + to) / 2 - (row.length - 1) / 2);
    const distance = row[0]?.y ?? 0;
    const score = alone * LEFT_ALONE + distance + fromMiddle;
    choices.push({ seatIds: chosen.map(({ id }) => id).sort((a, b) => a - b), score });
  }
  return choices;
}
