import type { Database } from '../../../src/platform/database/database';

const ORDERS = `
  INSERT INTO orders (user_id, schedule_id, status, total, held_until, created_at, paid_at)
  SELECT m.id, s.schedule_id, ?, s.amount, NOW(3) + INTERVAL 5 MINUTE, NOW(3), IF(? = 'PAID', NOW(3), NULL)
    FROM (SELECT id, schedule_id, amount, ROW_NUMBER() OVER (ORDER BY position) AS n
            FROM concert_seat WHERE schedule_id = ? AND status = 'AVAILABLE') s
    JOIN (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS n FROM member WHERE id BETWEEN ? AND ?) m ON m.n = s.n`;

const ITEMS = `
  INSERT INTO reservation (order_id, user_id, schedule_id, seat_id, status, concert_title, starts_at, ends_at,
                           seat_position, amount, reserved_at, held_until, hold_seconds)
  SELECT o.id, o.user_id, o.schedule_id, s.id, IF(o.status = 'PAID', 'RESERVED', 'TEMP_RESERVED'), 'Given', d.starts_at,
         d.ends_at, s.position, s.amount, o.created_at, o.held_until, 300
    FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY id) AS n FROM orders WHERE user_id BETWEEN ? AND ? AND schedule_id = ?) o
    JOIN (SELECT *, ROW_NUMBER() OVER (ORDER BY position) AS n
            FROM concert_seat WHERE schedule_id = ? AND status = 'AVAILABLE') s ON s.n = o.n
    JOIN concert_schedule d ON d.id = o.schedule_id`;

const SEATS = `
  UPDATE concert_seat s JOIN reservation r ON r.live_seat_id = s.id
     SET s.status = r.status, s.held_until = IF(r.status = 'RESERVED', NULL, r.held_until)
   WHERE r.user_id BETWEEN ? AND ? AND r.schedule_id = ?`;

const PAYMENTS = `
  INSERT INTO payment (order_id, reservation_id, user_id, amount, status)
  SELECT o.id, (SELECT MIN(r.id) FROM reservation r WHERE r.order_id = o.id), o.user_id, o.total, 'DONE'
    FROM orders o WHERE o.user_id BETWEEN ? AND ? AND o.schedule_id = ? AND o.status = 'PAID'`;

const BALANCES = `
  UPDATE member m JOIN payment p ON p.user_id = m.id SET m.balance = m.balance - p.amount WHERE m.id BETWEEN ? AND ?`;

const LEDGER = `
  INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
  SELECT m.id, 'PAYMENT', -p.amount, m.balance, p.id
    FROM member m JOIN payment p ON p.user_id = m.id WHERE m.id BETWEEN ? AND ?`;

/** As the product tells of each hold and each sale. */
const EVENTS = `
  INSERT INTO outbox (event_id, topic, partition_key, payload)
  SELECT UUID(), 'reservation-notification', r.id,
         JSON_OBJECT('reservationId', r.id, 'userId', r.user_id, 'concertTitle', r.concert_title,
                     'seatPosition', r.seat_position,
                     'heldUntil', DATE_FORMAT(r.held_until, '%Y-%m-%dT%H:%i:%s.000Z'))
    FROM reservation r WHERE r.user_id BETWEEN ? AND ? AND r.schedule_id = ?
  UNION ALL
  SELECT UUID(), 'payment-notification', r.id,
         JSON_OBJECT('reservationId', r.id, 'userId', r.user_id, 'paymentAmount', r.amount,
                     'concertTitle', r.concert_title, 'seatPosition', r.seat_position)
    FROM reservation r WHERE r.user_id BETWEEN ? AND ? AND r.schedule_id = ? AND r.status = 'RESERVED'`;

/** Opening balance of each user made here. */
export const BALANCE = 1000;

/**
 * Orders of one seat each, by as many new users, as the product leaves them: of the first free seats of the schedule.
 * @returns the first and the last user
 */
export async function givenOrders(
  admin: Database,
  scheduleId: number,
  count: number,
  status: 'HELD' | 'PAID' = 'PAID',
): Promise<{ first: number; last: number }> {
  return admin.transaction(async (tx) => {
    // Such an INSERT gets its ids one behind the other, also while other tests add users.
    const { insertId: first } = await tx.execute(
      `INSERT INTO member (name, balance) SELECT 'Given', ${BALANCE} FROM seq_1_to_${count}`,
    );
    const last = first + count - 1;
    await tx.execute(
      `INSERT INTO payment_history (user_id, kind, amount, balance_after) SELECT seq, 'CHARGE', ${BALANCE}, ${BALANCE} FROM seq_${first}_to_${last}`,
    );
    await tx.execute(ORDERS, [status, status, scheduleId, first, last]);
    await tx.execute(ITEMS, [first, last, scheduleId, scheduleId]);
    await tx.execute(SEATS, [first, last, scheduleId]);
    if (status === 'PAID') {
      await tx.execute(PAYMENTS, [first, last, scheduleId]);
      await tx.execute(BALANCES, [first, last]);
      await tx.execute(LEDGER, [first, last]);
    }
    await tx.execute(EVENTS, [first, last, scheduleId, first, last, scheduleId]);
    return { first, last };
  });
}
