import type { Layout } from '../../../shared/api/types';

export type SeatState = 'free' | 'held' | 'taken';

/** A seat as the map and the list show it. */
export interface HallSeat {
  seatId: number;
  section: string;
  row: string;
  number: string;
  amount: number;
  priceClass: string;
  isAccessible: boolean;
  /** There is an aisle before it. */
  isAfterGap: boolean;
  state: SeatState;
}

export interface HallRow {
  section: string;
  name: string;
  seats: HallSeat[];
}

/** What two bits mean. */
const STATES: SeatState[] = ['free', 'held', 'taken', 'taken'];

/** The rows of a layout, in its order, with what the availability says of each seat. @param bits two bits per seat, base64 */
export function hallOf({ sections, priceClasses }: Layout, bits: string): HallRow[] {
  const bytes = atob(bits);
  const pitch = pitchOf(sections);
  let index = 0;
  const stateOf = (seat: number): SeatState =>
    STATES[(bytes.charCodeAt(seat >> 2) >> (2 * (seat & 3))) & 3] ?? 'taken';
  return sections.flatMap(({ name: section, rows }) =>
    rows.map(({ label, seats }) => ({
      section,
      name: label,
      seats: seats.map(({ seatId, number, x, priceClass, accessible }, i) => ({
        seatId,
        section,
        row: label,
        number,
        amount: priceClasses[priceClass]?.amount ?? 0,
        priceClass: classNameOf(priceClasses[priceClass]),
        isAccessible: accessible === true,
        isAfterGap: i > 0 && x - (seats[i - 1]?.x ?? x) > 1.5 * pitch,
        state: stateOf(index++),
      })),
    })),
  );
}

/** A class that is named after its price says nothing more. */
const classNameOf = (priceClass: Layout['priceClasses'][number] | undefined): string =>
  priceClass === undefined || priceClass.name === String(priceClass.amount) ? '' : priceClass.name;

/** The distance of most neighbours. */
function pitchOf(sections: Layout['sections']): number {
  const { seats = [] } = sections[0]?.rows[0] ?? {};
  const steps = seats.slice(1).map(({ x }, i) => x - (seats[i]?.x ?? x));
  return steps.filter((step) => step > 0).reduce((least, step) => Math.min(least, step), Infinity);
}
