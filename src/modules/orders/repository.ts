import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { type SqlParam, padded, placeholders, type SqlExecutor } from '../../platform/database/database';
import { HAS_PAID, type SessionId } from '../waiting-room/state/repository';

export type SeatStatus = 'AVAILABLE' | 'TEMP_RESERVED' | 'RESERVED';

export interface HeldRow {
  id: number;
  reservedAt: Date;
  heldUntil: Date;
}

export interface HoldRow extends HeldRow {
  concertTitle: string;
  seatPosition: number;
}

export interface ReservationRow {
  id: number;
  userId: number;
  seatId: number;
  status: 'TEMP_RESERVED' | 'RESERVED' | 'CANCELED';
  concertTitle: string;
  seatPosition: number;
  amount: number;
  /** The concert's queue. */
  queueId: string;
}

export interface RejectionRow {
  /** The session has. */
  hasPaid: 0 | 1;
  started: 0 | 1;
  /** The concert's queue. */
  queueId: string;
  /** null: the schedule has no such seat. */
  seatStatus: SeatStatus | null;
  /** Of the whole schedule. */
  soldOut: 0 | 1;
  /** The user's own hold of the seat, if it has one that has not passed. */
  holdId: number | null;
  reservedAt: Date;
  heldUntil: Date;
  /** What is left of that hold, milliseconds. */
  leftMs: number;
}

/** The queue that sells a concert; no name means the main queue, whose name the statement is given. */
const QUEUE_OF_CONCERT = "COALESCE(NULLIF(c.queue_id, ''), ?)";

/**
 * The schedule is in the future, its concert is sold by the user's queue, and the session has not paid: after its
 * payment Redis may not know for a moment that it is over.
 */
const IS_OPEN = `(SELECT d.starts_at FROM concert_schedule d JOIN concert c ON c.id = d.concert_id
                   WHERE d.id = ? AND ${QUEUE_OF_CONCERT} = ?) > NOW(3) AND NOT ${HAS_PAID}`;

/** One statement decides the race: of all users who want the seat, the first to lock its row finds it AVAILABLE. */
const RESERVE_SEAT = `UPDATE concert_seat
                 SET status = 'TEMP_RESERVED', held_until = NOW(3) + INTERVAL ? SECOND
               WHERE id = ? AND schedule_id = ? AND status = 'AVAILABLE' AND ${IS_OPEN}`;

/** An expired hold counts as free before the worker cancels it: reservation first, then seat, as payment locks. */
const CANCEL_EXPIRED_HOLD = `UPDATE reservation SET status = 'CANCELED'
                           WHERE live_seat_id = ? AND status = 'TEMP_RESERVED' AND held_until <= NOW(3)`;

const RESERVE_EXPIRED = `UPDATE concert_seat
                      SET held_until = NOW(3) + INTERVAL ? SECOND
                    WHERE id = ? AND schedule_id = ? AND status = 'TEMP_RESERVED' AND held_until <= NOW(3) AND ${IS_OPEN}`;

/** The reservation keeps what was bought: title, times, seat and price as they were. */
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

/**
 * Waits for the user's row and then counts: under READ COMMITTED, what the holder of the lock before has committed.
 * As two statements it takes a quarter of the rate at which seats can be held, as one a fifth.
 */
const LOCK_USER_AND_COUNT_SEATS = `
  SELECT (SELECT COUNT(*) FROM reservation r
           WHERE r.user_id = m.id AND r.schedule_id = ? AND r.seat_id <> ? AND r.status IN ('RESERVED', 'TEMP_RESERVED')
             AND (r.status = 'RESERVED' OR r.held_until > NOW(3))) AS seats
    FROM member m WHERE m.id = ? FOR UPDATE`;

/**
 * In a rush most requests are refused, so one statement reads all that decides the reason. A hold that has expired
 * since the request came leaves the seat AVAILABLE.
 */
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

const FIND = `SELECT r.id, r.user_id AS userId, r.seat_id AS seatId, r.status, r.concert_title AS concertTitle,
                     r.seat_position AS seatPosition, r.amount, ${QUEUE_OF_CONCERT} AS queueId
                FROM reservation r
                JOIN concert_schedule d ON d.id = r.schedule_id
                JOIN concert c ON c.id = d.concert_id
               WHERE r.id = ?`;

const SELL = `UPDATE reservation SET status = 'RESERVED'
               WHERE id = ? AND user_id = ? AND status = 'TEMP_RESERVED' AND held_until > NOW(3)`;

const SELL_SEAT = `UPDATE concert_seat SET status = 'RESERVED', held_until = NULL WHERE id = ? AND status = 'TEMP_RESERVED'`;

const EXPIRED_HOLDS = `SELECT id, seat_id AS seatId, TIMESTAMPDIFF(MICROSECOND, held_until, NOW(3)) / 1000000 AS lateSeconds
                      FROM reservation
                     WHERE status = 'TEMP_RESERVED' AND held_until <= NOW(3)
                     ORDER BY held_until LIMIT ? FOR UPDATE SKIP LOCKED`;

/** In the order of HAS_PAID. */
const sessionBinds = (session?: SessionId): [SqlParam, SqlParam, SqlParam] =>
  session === undefined ? [null, null, null] : [session.queueId, session.seq, session.gen];

/** Seats and their reservations. The database's clock and its guarded updates decide, never what was read before. */
@scoped(Lifecycle.ContainerScoped)
export class ReservationRepository {
  readonly mainQueueId: string;

  constructor(@inject(CONFIG) config: Config) {
    this.mainQueueId = config.QUEUE_ID;
  }

  /** Puts the seat on hold if nobody has it, the schedule is in the future and this queue sells its concert. @returns whether it did */
  async reserveSeat(
    tx: SqlExecutor,
    scheduleId: number,
    seatId: number,
    holdSeconds: number,
    queueId: string,
    session?: SessionId,
  ): Promise<boolean> {
    const seat = [
      holdSeconds,
      seatId,
      scheduleId,
      scheduleId,
      this.mainQueueId,
      queueId,
      ...sessionBinds(session),
    ];
    if ((await tx.execute(RESERVE_SEAT, seat)).affectedRows === 1) return true;
    if ((await tx.execute(CANCEL_EXPIRED_HOLD, [seatId])).affectedRows === 0) return false;
    return (await tx.execute(RESERVE_EXPIRED, seat)).affectedRows === 1;
  }

  /** Writes the reservation of a seat reserved in this transaction. */
  async insertHold(
    tx: SqlExecutor,
    userId: number,
    seatId: number,
    holdSeconds: number,
    session?: SessionId,
  ): Promise<HoldRow> {
    const [queueId, seq, gen] = sessionBinds(session);
    const binds = [userId, holdSeconds, holdSeconds, queueId, gen, seq, seatId];
    const [hold] = await tx.query<HoldRow>(INSERT_HOLD, binds);
    if (hold === undefined) throw new Error(`No hold for seat ${seatId}.`);
    return hold;
  }

  /**
   * Seats of the schedule that the user holds or has bought, not counting `seatId`: exact until the transaction ends,
   * since the user's row is locked until then.
   */
  async lockUserAndCountSeats(
    tx: SqlExecutor,
    userId: number,
    scheduleId: number,
    seatId: number,
  ): Promise<number> {
    const [row] = await tx.query<{ seats: number }>(LOCK_USER_AND_COUNT_SEATS, [scheduleId, seatId, userId]);
    return row?.seats ?? 0;
  }

  /** @returns undefined when there is no such schedule */
  async explainRejection(
    on: SqlExecutor,
    scheduleId: number,
    seatId: number,
    userId: number,
    session?: SessionId,
  ): Promise<RejectionRow | undefined> {
    const binds = [...sessionBinds(session), this.mainQueueId, seatId, userId, scheduleId];
    const [row] = await on.query<RejectionRow>(EXPLAIN_REJECTION, binds);
    return row;
  }

  async findReservation(on: SqlExecutor, id: number): Promise<ReservationRow | undefined> {
    const [row] = await on.query<ReservationRow>(FIND, [this.mainQueueId, id]);
    return row;
  }

  /** Makes the user's hold a sale if it has not passed. Locks reservation, then seat. */
  async sellHold(
    tx: SqlExecutor,
    reservation: { id: number; seatId: number },
    userId: number,
  ): Promise<boolean> {
    if ((await tx.execute(SELL, [reservation.id, userId])).affectedRows === 0) return false;
    const { affectedRows } = await tx.execute(SELL_SEAT, [reservation.seatId]);
    if (affectedRows !== 1)
      throw new Error(`Seat ${reservation.seatId} of live reservation ${reservation.id} is not on hold.`);
    return true;
  }

  /** Cancels at most `limit` holds that have passed and frees their seats. @returns how late each was, seconds */
  async expireHolds(tx: SqlExecutor, limit: number): Promise<number[]> {
    const past = await tx.query<{ id: number; seatId: number; lateSeconds: number }>(EXPIRED_HOLDS, [limit]);
    if (past.length === 0) return [];
    const reservationIds = past.map(({ id }) => id);
    await tx.execute(
      `UPDATE reservation SET status = 'CANCELED' WHERE id IN (${placeholders(limit)})`,
      padded(reservationIds, limit),
    );
    // In order of id: two workers lock seats in the same order.
    const seatIds = past.map(({ seatId }) => seatId).sort((a, b) => a - b);
    await tx.execute(
      `UPDATE concert_seat SET status = 'AVAILABLE', held_until = NULL
        WHERE id IN (${placeholders(limit)}) AND status = 'TEMP_RESERVED' AND held_until <= NOW(3)`,
      padded(seatIds, limit),
    );
    return past.map(({ lateSeconds }) => lateSeconds);
  }
}
