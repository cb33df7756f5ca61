import { reservationId, scheduleOf, seatId } from '../database.ts';
import type { Act, Item } from './sales.ts';

export const FIRST_USER = 100_000;
const FIRST_SEQ = 50_000_001;
/** Users who reserve, in turn. A user pays once, because that ends the session. */
export const RESERVING = 2000;
/** Seats that are held already, for which they all ask. */
export const HOT_SEATS = 100;

export function itemOf(act: Act, index: number): Item {
  const user = act === 'payment' ? index : index % RESERVING;
  // A user asks for another seat each time.
  const seat = act === 'refusal' ? (index + Math.floor(index / RESERVING)) % HOT_SEATS : index;
  return {
    userId: FIRST_USER + user,
    seq: FIRST_SEQ + user,
    scheduleId: scheduleOf(seat),
    seatId: seatId(seat),
    reservationId: reservationId(seat),
  };
}
