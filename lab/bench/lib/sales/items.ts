import { reservationId, scheduleOf, seatId } from '../database.ts';
import type { Act, Item } from './sales.ts';

export const FIRST_USER = 100_000;
const FIRST_SEQ = 50_000_001;
/** Users who reserve, in turn. A user pays once, because that ends the session. */
export const RESERVING = 2000;

export function itemOf(act: Act, index: number): Item {
  const user = act === 'reserve' ? index % RESERVING : index;
  return {
    userId: FIRST_USER + user,
    seq: FIRST_SEQ + user,
    scheduleId: scheduleOf(index),
    seatId: seatId(index),
    reservationId: reservationId(index),
  };
}
