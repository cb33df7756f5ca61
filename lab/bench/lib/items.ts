import { reservationId, scheduleOf, seatId } from './database.ts';
import type { Act, Item } from './sales.ts';

export const FIRST_USER = 100_000;
/** Like no other number of an item: a recorded statement's values are told apart by it. */
const FIRST_SEQ = 50_000_001;
/** Visitors who reserve, in turn; who pays does so once, because that ends the visit. */
export const RESERVING = 2000;

export function itemOf(act: Act, index: number): Item {
  const visitor = act === 'reserve' ? index % RESERVING : index;
  return {
    userId: FIRST_USER + visitor,
    seq: FIRST_SEQ + visitor,
    scheduleId: scheduleOf(index),
    seatId: seatId(index),
    reservationId: reservationId(index),
  };
}
