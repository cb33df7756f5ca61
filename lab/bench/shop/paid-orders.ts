import { ask } from '../lib/database.ts';

/** Far from all that the other benchmarks make. */
const SCHEDULE = 19_000;
const FIRST = 70_000_000;
const PRICE = 90_000;
const BALANCE = 1_000_000;

/** A schedule that is sold to as many users, an order of one seat each. @returns the schedule */
export async function addPaidOrders(count: number): Promise<number> {
  const ids = `seq_${FIRST}_to_${FIRST + count - 1}`; // of the user, the seat, the order, the reservation and the payment
  const times = 'NOW(3) + INTERVAL 7 DAY, NOW(3) + INTERVAL 7 DAY + INTERVAL 2 HOUR';
  for (const sql of [
    `INSERT INTO concert_schedule (id, concert_id, starts_at, ends_at) VALUES (${SCHEDULE}, 1, ${times})`,
    `INSERT INTO concert_seat (id, schedule_id, position, amount, status)
     SELECT seq, ${SCHEDULE}, seq - ${FIRST} + 1, ${PRICE}, 'RESERVED' FROM ${ids}`,
    `INSERT INTO member (id, name, balance) SELECT seq, 'User', ${BALANCE - PRICE} FROM ${ids}`,
    `INSERT INTO orders (id, user_id, schedule_id, status, total, held_until, paid_at)
     SELECT seq, seq, ${SCHEDULE}, 'PAID', ${PRICE}, NOW(3), NOW(3) FROM ${ids}`,
    `INSERT INTO reservation (id, order_id, user_id, schedule_id, seat_id, status, concert_title, starts_at, ends_at,
                              seat_position, amount, reserved_at, held_until)
     SELECT seq, seq, seq, ${SCHEDULE}, seq, 'RESERVED', 'Winter Lights', ${times}, seq - ${FIRST} + 1, ${PRICE},
            NOW(3), NOW(3) FROM ${ids}`,
    `INSERT INTO payment (id, order_id, reservation_id, user_id, amount, status)
     SELECT seq, seq, seq, seq, ${PRICE}, 'DONE' FROM ${ids}`,
    `INSERT INTO payment_history (user_id, kind, amount, balance_after)
     SELECT seq, 'CHARGE', ${BALANCE}, ${BALANCE} FROM ${ids}`,
    `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
     SELECT seq, 'PAYMENT', -${PRICE}, ${BALANCE - PRICE}, seq FROM ${ids}`,
  ])
    await ask(sql);
  return SCHEDULE;
}
