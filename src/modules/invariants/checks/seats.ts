import type { SqlCheck } from '../schema';

/** The longest HOLD_EXPIRY_INTERVAL_MS and five seconds: no worker that keeps to its own interval is reported. */
const EXPIRED_WITHIN_SECONDS = 65;
/** After a failover the new primary's clock may be behind by this much. */
const CLOCKS_APART_SECONDS = 5;

/** By live_seat_id, for a seat may have any number of holds that have lapsed. Sees what a dropped unique key let in. */
const DOUBLE_SOLD = `
  SELECT seat_id AS seatId, COUNT(*) AS liveReservations, GROUP_CONCAT(id ORDER BY id) AS reservationIds
    FROM reservation
   WHERE live_seat_id IN (SELECT live_seat_id FROM reservation WHERE id BETWEEN @first AND @last)
   GROUP BY live_seat_id HAVING COUNT(*) > 1`;

const TAKEN_BY_NOBODY = `
  SELECT s.id AS seatId, s.status AS seatStatus, s.held_until AS seatHeldUntil
    FROM concert_seat s
    LEFT JOIN reservation r ON r.live_seat_id = s.id
   WHERE s.id BETWEEN @first AND @last AND s.status IN ('TEMP_RESERVED', 'RESERVED') AND r.id IS NULL`;

const DISAGREEING = `
  SELECT s.id AS seatId, s.status AS seatStatus, s.held_until AS seatHeldUntil,
         r.id AS reservationId, r.status AS reservationStatus, r.held_until AS reservationHeldUntil
    FROM reservation r
    JOIN concert_seat s ON s.id = r.seat_id
   WHERE r.id BETWEEN @first AND @last AND r.status <> 'CANCELED'
     AND (r.status <> s.status OR r.schedule_id <> s.schedule_id
          OR (s.status = 'TEMP_RESERVED' AND NOT (r.held_until <=> s.held_until)))`;

/** A payment of a version before orders names the reservation alone, until the worker has made its order. */
const SOLD_UNPAID = `
  SELECT r.id AS reservationId, r.order_id AS orderId, r.user_id AS userId, r.amount,
         (SELECT COUNT(*) FROM payment p WHERE p.order_id = r.order_id AND p.status = 'DONE')
       + (SELECT COUNT(*) FROM payment p
           WHERE p.reservation_id = r.id AND p.order_id IS NULL AND p.status = 'DONE') AS donePayments
    FROM reservation r
   WHERE r.id BETWEEN @first AND @last AND r.status = 'RESERVED'
  HAVING donePayments <> 1`;

const paidUnsold = (itsReservations: string, payments: string): string => `
  SELECT p.id AS paymentId, p.order_id AS orderId, p.reservation_id AS reservationId, p.amount AS paid,
         SUM(IF(r.status = 'RESERVED', r.amount, NULL)) AS price, COUNT(r.id) AS seats,
         GROUP_CONCAT(DISTINCT r.status) AS reservationStatus
    FROM payment p
    LEFT JOIN reservation r ON ${itsReservations}
   WHERE p.id BETWEEN @first AND @last AND p.status = 'DONE' AND ${payments}
   GROUP BY p.id
  HAVING NOT (SUM(r.status = 'RESERVED') <=> COUNT(r.id)) OR NOT (price <=> paid)`;

/** Two statements in one: a join with an OR would read all reservations for each payment. */
const PAID_UNSOLD = [
  paidUnsold('r.order_id = p.order_id', 'p.order_id IS NOT NULL'),
  paidUnsold('r.id = p.reservation_id', 'p.order_id IS NULL'),
].join(' UNION ALL ');

/** An order lasts for a moment longer than its hold, until the worker ends it. */
const DIVIDED_ORDERS = `
  SELECT o.id AS orderId, o.status, o.total, COUNT(r.id) AS seats, SUM(r.amount) AS price,
         GROUP_CONCAT(DISTINCT r.status) AS seatStatuses
    FROM orders o
    LEFT JOIN reservation r ON r.order_id = o.id
   WHERE o.id BETWEEN @first AND @last AND NOT (o.status = 'HELD' AND o.held_until <= NOW(3))
   GROUP BY o.id
  HAVING COUNT(r.id) = 0 OR price <> o.total OR SUM(r.user_id <> o.user_id OR r.schedule_id <> o.schedule_id) > 0
      OR SUM(r.status <> CASE o.status WHEN 'HELD' THEN 'TEMP_RESERVED' WHEN 'PAID' THEN 'RESERVED' ELSE 'CANCELED' END) > 0
      OR SUM(o.status = 'HELD' AND r.held_until <> o.held_until) > 0`;

const PAID_BY_ANOTHER = `
  SELECT p.id AS paymentId, p.user_id AS payer, r.id AS reservationId, r.user_id AS holder
    FROM payment p
    JOIN reservation r ON r.id = p.reservation_id
   WHERE p.id BETWEEN @first AND @last AND p.user_id <> r.user_id`;

/** Judged by the length that each hold was made with. Holds older than the column hold_seconds are not judged. */
const HELD_TOO_LONG = `
  SELECT id AS reservationId, user_id AS userId, seat_id AS seatId, reserved_at AS reservedAt, held_until AS heldUntil,
         hold_seconds AS holdSeconds
    FROM reservation
   WHERE id BETWEEN @first AND @last AND status = 'TEMP_RESERVED'
     AND (held_until > reserved_at + INTERVAL hold_seconds SECOND
          OR reserved_at > NOW(3) + INTERVAL ${CLOCKS_APART_SECONDS} SECOND)`;

const NOT_SWEPT = `
  SELECT id AS reservationId, seat_id AS seatId, held_until AS heldUntil
    FROM reservation
   WHERE status = 'TEMP_RESERVED' AND held_until < NOW(3) - INTERVAL ${EXPIRED_WITHIN_SECONDS} SECOND`;

/** Judged by the window stored in the row and the database's clock of that time. Sales without a window are not judged. */
const OUTSIDE_WINDOW = `
  SELECT id AS reservationId, user_id AS userId, schedule_id AS scheduleId, reserved_at AS reservedAt,
         sale_opens_at AS opensAt, sale_closes_at AS closesAt
    FROM reservation
   WHERE id BETWEEN @first AND @last AND (reserved_at < sale_opens_at OR reserved_at >= sale_closes_at)`;

/** I1, I8, I9 and I11: seats, holds, sales. */
export const seatChecks = (): SqlCheck[] => [
  { invariant: 'I1', along: 'reservation', what: 'seats with several live reservations', sql: DOUBLE_SOLD },
  {
    invariant: 'I1',
    along: 'concert_seat',
    what: 'taken seats without a live reservation',
    sql: TAKEN_BY_NOBODY,
  },
  {
    invariant: 'I1',
    along: 'reservation',
    what: 'seats that disagree with their reservation',
    sql: DISAGREEING,
  },
  {
    invariant: 'I1',
    along: 'reservation',
    what: 'sold reservations without exactly one DONE payment',
    sql: SOLD_UNPAID,
  },
  {
    invariant: 'I1',
    along: 'payment',
    what: 'DONE payments whose reservation is not sold at that price',
    sql: PAID_UNSOLD,
  },
  {
    invariant: 'I1',
    along: 'orders',
    what: 'orders whose seats do not live and die with them, or cost something else',
    sql: DIVIDED_ORDERS,
  },
  {
    invariant: 'I9',
    along: 'payment',
    what: 'payments for the reservation of another',
    sql: PAID_BY_ANOTHER,
  },
  {
    invariant: 'I8',
    along: 'reservation',
    what: 'holds that are too long',
    sql: HELD_TOO_LONG,
  },
  {
    invariant: 'I8',
    what: `holds past for more than ${EXPIRED_WITHIN_SECONDS} s that were not expired (is a worker running?)`,
    severity: 'warning',
    sql: NOT_SWEPT,
  },
  {
    invariant: 'I11',
    along: 'reservation',
    what: 'seats that were sold before their sale had opened, or after it had closed',
    sql: OUTSIDE_WINDOW,
  },
];
