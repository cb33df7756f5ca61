import type { Seat } from '../../shared/api/types';

/** A seat as the map and the list show it. */
export interface HallSeat {
  row: string;
  number: string;
  /** Undefined for one that nobody can get. */
  seatId: number | undefined;
  amount: number;
  isFree: boolean;
}

export interface HallRow {
  name: string;
  seats: HallSeat[];
}

/** So many seats are in one row of a hall that says nothing of its rows. */
const ROW_SEATS = 20;
const LETTERS = 26;

/** A, B, …, Z, AA, AB, … */
export function rowName(index: number): string {
  const letter = String.fromCharCode(65 + (index % LETTERS));
  return index < LETTERS ? letter : rowName(Math.floor(index / LETTERS) - 1) + letter;
}

/** The hall by the list of its free seats: what is missing in it is taken. @param last the last position that was ever seen */
export function hallOf(free: Seat[], last: number): HallRow[] {
  const byPosition = new Map(free.map((seat) => [seat.position, seat]));
  const rows: HallRow[] = [];
  for (let position = 1; position <= last; position++) {
    const index = Math.floor((position - 1) / ROW_SEATS);
    const row = (rows[index] ??= { name: rowName(index), seats: [] });
    const seat = byPosition.get(position);
    row.seats.push({
      row: row.name,
      number: String(position - index * ROW_SEATS),
      seatId: seat?.seatId,
      amount: seat?.amount ?? 0,
      isFree: seat !== undefined,
    });
  }
  return rows;
}
