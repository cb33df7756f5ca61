// The limit of holds and payments: the bare connector, one transaction for each, the least statements that sell a seat
// safely or say why they do not. They are those that the product itself ran before it sold in batches (version 0.1), so the limit stays the same.
import { randomUUID } from 'node:crypto';
import type { Connection } from 'mariadb';
import type { Act, Item } from './sales.ts';

const HOLD_SECONDS = 300;
const MAIN_QUEUE = 'main';
const GENERATION = 1;
const PRICE = 90_000;

const HAS_PAID = `EXISTS (SELECT 1 FROM payment p
                           WHERE p.queue_id = ? AND p.queue_seq = ? AND p.queue_generation = ?)`;
const QUEUE_OF_CONCERT = "COALESCE(NULLIF(c.queue_id, ''), ?)";

const LOCK_USER_AND_COUNT_SEATS = `
  SELECT (SELECT COUNT(*) FROM reservation r
           WHERE r.user_id = m.id AND r.schedule_id = ? AND r.seat_id <> ? AND r.status IN ('RESERVED', 'TEMP_RESERVED')
             AND (r.status = 'RESERVED' OR r.held_until > NOW(3))) AS seats
    FROM member m WHERE m.id = ? FOR UPDATE`;

const RESERVE_SEAT = `
  UPDATE concert_seat
     SET status = 'TEMP_RESERVED', held_until = NOW(3) + INTERVAL ? SECOND
   WHERE id = ? AND schedule_id = ? AND status = 'AVAILABLE'
     AND (SELECT d.starts_at FROM concert_schedule d JOIN concert c ON c.id = d.concert_id
           WHERE d.id = ? AND ${QUEUE_OF_CONCERT} = ?) > NOW(3) AND NOT ${HAS_PAID}`;

const CANCEL_EXPIRED_HOLD = `
  UPDATE reservation SET status = 'CANCELED'
   WHERE live_seat_id = ? AND status = 'TEMP_RESERVED' AND held_until <= NOW(3)`;

const EXPLAIN_REJECTION = `
  SELECT ${HAS_PAID} AS hasPaid, d.starts_at <= NOW(3) AS started, ${QUEUE_OF_CONCERT} AS queueId,
         IF(s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3), 'AVAILABLE', s.status) AS seatStatus,
         NOT EXISTS (SELECT 1 FROM concert_seat u
                      WHERE u.schedule_id = d.id AND u.status IN ('AVAILABLE', 'TEMP_RESERVED')) AS soldOut,
         r.id AS holdId, r.reserved_at AS reservedAt, r.held_until AS heldUntil,
         TIMESTAMPDIFF(MICROSECOND, NOW(3), r.held_until) DIV 1000 AS leftMs
    FROM concert_schedule d
    JOIN concert c ON c.id = d.concert_id
    LEFT JOIN concert_seat s ON s.id = ? AND s.schedule_id = d.id
    LEFT JOIN reservation r ON r.live_seat_id = s.id AND r.user_id = ? AND r.status = 'TEMP_RESERVED'
                           AND r.held_until > NOW(3)
   WHERE d.id = ?`;

const INSERT_HOLD = `
  INSERT INTO reservation (user_id, schedule_id, seat_id, concert_title, starts_at, ends_at, seat_position, amount,
                           reserved_at, held_until, hold_seconds, queue_id, queue_generation, queue_seq)
  SELECT ?, d.id, s.id, c.title, d.starts_at, d.ends_at, s.position, s.amount,
         s.held_until - INTERVAL ? SECOND, s.held_until, ?, ?, ?, ?
    FROM concert_seat s
    JOIN concert_schedule d ON d.id = s.schedule_id
    JOIN concert c ON c.id = d.concert_id
   WHERE s.id = ?
  RETURNING id, concert_title AS concertTitle, seat_position AS seatPosition, reserved_at AS reservedAt,
            held_until AS heldUntil`;

const INSERT_EVENT = 'INSERT INTO outbox (event_id, topic, partition_key, payload) VALUES (?, ?, ?, ?)';

const FIND_RESERVATION = `
  SELECT r.id, r.user_id AS userId, r.seat_id AS seatId, r.status, r.concert_title AS concertTitle,
         r.seat_position AS seatPosition, r.amount, ${QUEUE_OF_CONCERT} AS queueId
    FROM reservation r
    JOIN concert_schedule d ON d.id = r.schedule_id
    JOIN concert c ON c.id = d.concert_id
   WHERE r.id = ?`;

const DEBIT = 'UPDATE member SET balance = balance - ? WHERE id = ? AND balance >= ?';

const SELL = `UPDATE reservation SET status = 'RESERVED'
               WHERE id = ? AND user_id = ? AND status = 'TEMP_RESERVED' AND held_until > NOW(3)`;

const SELL_SEAT = `UPDATE concert_seat SET status = 'RESERVED', held_until = NULL WHERE id = ? AND status = 'TEMP_RESERVED'`;

const INSERT_PAYMENT = `
  INSERT INTO payment (reservation_id, user_id, amount, status, queue_id, queue_generation, queue_seq)
  VALUES (?, ?, ?, 'DONE', ?, ?, ?)`;

const INSERT_LEDGER_ENTRY = `
  INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
  SELECT id, 'PAYMENT', ?, balance, ? FROM member WHERE id = ?
  RETURNING balance_after AS balance`;

interface Written {
  affectedRows: number;
  insertId: number;
}

/** One statement that has to change a row. */
async function change(connection: Connection, sql: string, binds: unknown[]): Promise<Written> {
  const written = await connection.execute<Written>(sql, binds);
  if (written.affectedRows === 0) throw new Error(`No row was changed by ${sql}`);
  return written;
}

const append = (connection: Connection, topic: string, key: number, payload: object): Promise<Written> =>
  change(connection, INSERT_EVENT, [randomUUID(), topic, String(key), JSON.stringify(payload)]);

/** @returns how many seats were reserved: one, or none because somebody else has it */
async function reserveSeat(
  connection: Connection,
  { userId, seq, scheduleId, seatId }: Item,
): Promise<number> {
  const seat = [HOLD_SECONDS, seatId, scheduleId, scheduleId, MAIN_QUEUE];
  await connection.execute(LOCK_USER_AND_COUNT_SEATS, [scheduleId, seatId, userId]);
  const user = [MAIN_QUEUE, MAIN_QUEUE, seq, GENERATION];
  return (await connection.execute<Written>(RESERVE_SEAT, [...seat, ...user])).affectedRows;
}

async function reserve(connection: Connection, item: Item): Promise<void> {
  const { userId, seq, seatId } = item;
  if ((await reserveSeat(connection, item)) !== 1) throw new Error(`Somebody has seat ${seatId}.`);
  const [hold] = await connection.execute<Record<string, unknown>[]>(INSERT_HOLD, [
    userId,
    HOLD_SECONDS,
    HOLD_SECONDS,
    MAIN_QUEUE,
    GENERATION,
    seq,
    seatId,
  ]);
  if (hold === undefined) throw new Error(`No hold for seat ${seatId}.`);
  await append(connection, 'reservation-notification', Number(hold.id), { userId, ...hold });
}

async function pay(connection: Connection, { userId, seq, seatId, reservationId }: Item): Promise<void> {
  const binds = [MAIN_QUEUE, reservationId];
  const [found] = await connection.execute<Record<string, unknown>[]>(FIND_RESERVATION, binds);
  if (found === undefined) throw new Error(`No reservation ${reservationId}.`);
  await change(connection, DEBIT, [PRICE, userId, PRICE]);
  await change(connection, SELL, [reservationId, userId]);
  await change(connection, SELL_SEAT, [seatId]);
  const payment = await change(connection, INSERT_PAYMENT, [
    reservationId,
    userId,
    PRICE,
    MAIN_QUEUE,
    GENERATION,
    seq,
  ]);
  await connection.execute(INSERT_LEDGER_ENTRY, [-PRICE, payment.insertId, userId]);
  await append(connection, 'payment-notification', reservationId, { userId, ...found });
}

/** Somebody else has the seat: nothing is written. */
async function refuse(connection: Connection, item: Item): Promise<void> {
  const { userId, seq, scheduleId, seatId } = item;
  const isReserved = (await reserveSeat(connection, item)) === 1;
  const { affectedRows: expired } = await connection.execute<Written>(CANCEL_EXPIRED_HOLD, [seatId]);
  const binds = [MAIN_QUEUE, seq, GENERATION, MAIN_QUEUE, seatId, userId, scheduleId];
  const [found] = await connection.execute<{ seatStatus: string }[]>(EXPLAIN_REJECTION, binds);
  if (isReserved || expired > 0 || found?.seatStatus !== 'TEMP_RESERVED')
    throw new Error(`Nobody holds seat ${seatId}.`);
}

const ACTS = { reserve, payment: pay, refusal: refuse };

/** Does one item in a transaction. */
export async function doAlone(connection: Connection, act: Act, item: Item): Promise<void> {
  await connection.beginTransaction();
  try {
    await ACTS[act](connection, item);
    await (act === 'refusal' ? connection.rollback() : connection.commit());
  } catch (error) {
    await connection.rollback();
    throw error;
  }
}

/** Round trips to the server for one item. */
export const STATEMENTS: Record<Act, number> = { reserve: 6, payment: 9, refusal: 6 };
