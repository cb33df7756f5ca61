import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { ascending, type SqlExecutor, type SqlTransaction } from '../../platform/database/database';
import { type ActiveUser, HAS_PAID_OF_Q, SESSION_COLUMNS } from '../waiting-room/state/repository';

export type SeatStatus = 'AVAILABLE' | 'TEMP_RESERVED' | 'RESERVED' | 'BLOCKED';

/** A seat that somebody wants to hold. */
export interface WantedSeat {
  user: ActiveUser;
  scheduleId: number;
  seatId: number;
}

/** A seat as its locked row has it. */
export interface LockedSeat {
  id: number;
  scheduleId: number;
  status: SeatStatus;
  /** Won. */
  amount: number;
  /** Its hold has expired. */
  isExpired: 0 | 1;
}

/** What decides about a wanted seat besides the seat itself. */
export interface SeatFacts {
  /** The user's session has. */
  hasPaid: 0 | 1;
  /** The concert's queue; null: there is no such schedule. */
  queueId: string | null;
  isStarted: 0 | 1;
  /** The schedule is published, and its sale has opened and not closed. */
  isOnSale: 0 | 1;
  /** null: it has opened. */
  opensAt: Date | null;
  /** Most seats of the schedule for one user, if it has a separate limit. */
  seatLimit: number | null;
  /** Seats of the schedule that the user holds or has bought. */
  seatsOfUser: number;
  /** The seat's live reservation, if it has one. */
  reservationId: number | null;
  orderId: number | null;
  holderId: number | null;
  isSold: 0 | 1;
  isExpired: 0 | 1;
  reservedAt: Date;
  heldUntil: Date;
  /** What is left of the hold, milliseconds. */
  leftMs: number;
}

/** An order to be written, of seats that are reserved in this transaction. */
export interface NewOrder {
  user: ActiveUser;
  scheduleId: number;
  seatIds: number[];
  /** Won. */
  total: number;
}

/** A reservation on hold. */
export interface HeldSeat {
  id: number;
  seatId: number;
  reservedAt: Date;
  heldUntil: Date;
}

/** A reservation that was written. */
export interface HeldRow extends HeldSeat {
  concertTitle: string;
  seatPosition: number;
  /** Won. */
  amount: number;
}

/** The queue that sells a concert; no name means the main queue, whose name the statement is given. */
const QUEUE_OF_CONCERT = "COALESCE(NULLIF(c.queue_id, ''), ?)";

const IS_ON_SALE = `(d.state = 'PUBLISHED' AND COALESCE(d.opens_at <= NOW(3), TRUE)
                     AND COALESCE(d.closes_at > NOW(3), TRUE))`;

/** In the order of ids, as every batch locks: the rows are locked as JSON lists them. */
const LOCK_SEATS = `
  SELECT s.id, s.schedule_id AS scheduleId, s.status, s.amount,
         s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3) AS isExpired
    FROM JSON_TABLE(?, '$[*]' COLUMNS (seat_id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = q.seat_id FOR UPDATE`;

const WANTED = `JSON_TABLE(?, '$[*]' COLUMNS (
    user_id BIGINT UNSIGNED PATH '$[0]', schedule_id BIGINT UNSIGNED PATH '$[1]', seat_id BIGINT UNSIGNED PATH '$[2]',
    ${SESSION_COLUMNS})) q`;

/** Read after the locks: under READ COMMITTED it sees what their holders before have committed. */
const FACTS = `
  SELECT ${HAS_PAID_OF_Q} AS hasPaid, IF(d.id IS NULL, NULL, ${QUEUE_OF_CONCERT}) AS queueId,
         d.starts_at <= NOW(3) AS isStarted, ${IS_ON_SALE} AS isOnSale, IF(d.opens_at > NOW(3), d.opens_at, NULL) AS opensAt, d.seats_per_user AS seatLimit,
         (SELECT COUNT(*) FROM reservation v
           WHERE v.user_id = q.user_id AND v.schedule_id = q.schedule_id AND v.status IN ('RESERVED', 'TEMP_RESERVED')
             AND (v.status = 'RESERVED' OR v.held_until > NOW(3))) AS seatsOfUser,
         r.id AS reservationId, r.order_id AS orderId, r.user_id AS holderId, r.status = 'RESERVED' AS isSold,
         r.status = 'TEMP_RESERVED' AND r.held_until <= NOW(3) AS isExpired,
         r.reserved_at AS reservedAt, r.held_until AS heldUntil,
         TIMESTAMPDIFF(MICROSECOND, NOW(3), r.held_until) DIV 1000 AS leftMs
    FROM ${WANTED}
    LEFT JOIN concert_schedule d ON d.id = q.schedule_id AND d.state <> 'DRAFT'
    LEFT JOIN concert c ON c.id = d.concert_id
    LEFT JOIN reservation r ON r.live_seat_id = q.seat_id`;

const SOLD_OUT = `
  SELECT q.schedule_id AS id FROM JSON_TABLE(?, '$[*]' COLUMNS (schedule_id BIGINT UNSIGNED PATH '$')) q
   WHERE NOT EXISTS (SELECT 1 FROM concert_seat u
                      WHERE u.schedule_id = q.schedule_id AND u.status IN ('AVAILABLE', 'TEMP_RESERVED'))`;

/**
 * The statement that sells. It judges again all that was read before it: whether the seat is free, whether the schedule
 * is in the future and on sale, whether its concert is sold by the user's queue, and whether the session goes on: after its payment
 * Redis may not know for a moment that it is over.
 */
const RESERVE_SEATS = `
  UPDATE ${WANTED}
  STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = q.seat_id
  STRAIGHT_JOIN concert_schedule d FORCE INDEX (PRIMARY) ON d.id = s.schedule_id
  STRAIGHT_JOIN concert c FORCE INDEX (PRIMARY) ON c.id = d.concert_id
     SET s.status = 'TEMP_RESERVED', s.held_until = NOW(3) + INTERVAL ? SECOND
   WHERE s.schedule_id = q.schedule_id AND s.status = 'AVAILABLE' AND d.starts_at > NOW(3) AND ${IS_ON_SALE}
     AND ${QUEUE_OF_CONCERT} = q.queue_id AND NOT ${HAS_PAID_OF_Q}`;

const INSERT_ORDERS = `
  INSERT INTO orders (user_id, schedule_id, total, created_at, held_until, queue_id, queue_seq, queue_generation)
  SELECT q.user_id, q.schedule_id, q.total, s.held_until - INTERVAL ? SECOND, s.held_until,
         q.queue_id, q.queue_seq, q.queue_generation
    FROM JSON_TABLE(?, '$[*]' COLUMNS (
           user_id BIGINT UNSIGNED PATH '$[0]', schedule_id BIGINT UNSIGNED PATH '$[1]',
           seat_id BIGINT UNSIGNED PATH '$[2]', ${SESSION_COLUMNS}, total BIGINT PATH '$[6]')) q
    STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = q.seat_id
  RETURNING id, user_id AS userId`;

/**
 * A reservation keeps what was bought: title, times, seat and price as they were, and the window in which it was sold.
 * That is the one which the selling statement has judged: an edit of the schedule waits for its shared lock.
 */
const INSERT_RESERVATIONS = `
  INSERT INTO reservation (order_id, user_id, schedule_id, seat_id, concert_title, starts_at, ends_at, seat_position,
                           amount, reserved_at, held_until, hold_seconds, queue_id, queue_generation, queue_seq,
                           sale_opens_at, sale_closes_at)
  SELECT q.order_id, q.user_id, d.id, s.id, c.title, d.starts_at, d.ends_at, s.position, s.amount,
         s.held_until - INTERVAL ? SECOND, s.held_until, ?, q.queue_id, q.queue_generation, q.queue_seq,
         d.opens_at, d.closes_at
    FROM JSON_TABLE(?, '$[*]' COLUMNS (
           user_id BIGINT UNSIGNED PATH '$[0]', order_id BIGINT UNSIGNED PATH '$[1]',
           seat_id BIGINT UNSIGNED PATH '$[2]', ${SESSION_COLUMNS})) q
    STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = q.seat_id
    STRAIGHT_JOIN concert_schedule d FORCE INDEX (PRIMARY) ON d.id = s.schedule_id
    STRAIGHT_JOIN concert c FORCE INDEX (PRIMARY) ON c.id = d.concert_id
  RETURNING id, seat_id AS seatId, concert_title AS concertTitle, seat_position AS seatPosition, amount,
            reserved_at AS reservedAt, held_until AS heldUntil`;

const wantedRow = ({ user, scheduleId, seatId }: WantedSeat): unknown[] => [
  ...[user.userId, scheduleId, seatId],
  ...[user.queueId, user.seq, user.gen],
];

/** The statements of holds, each for any number of them. The database's clock and guarded updates decide. */
@scoped(Lifecycle.ContainerScoped)
export class HoldRepository {
  readonly mainQueueId: string;

  constructor(@inject(CONFIG) config: Config) {
    this.mainQueueId = config.QUEUE_ID;
  }

  /** @returns the seats that exist, by id */
  async lockSeats(tx: SqlTransaction, seatIds: number[]): Promise<Map<number, LockedSeat>> {
    const seats = await tx.read<LockedSeat>(LOCK_SEATS, [ascending(seatIds)]);
    return new Map(seats.map((seat) => [seat.id, seat]));
  }

  /** What else decides, for each of the wanted seats in their order. To be read after the locks were asked for. */
  async factsOf(tx: SqlTransaction, wanted: WantedSeat[]): Promise<SeatFacts[]> {
    return tx.read<SeatFacts>(FACTS, [this.mainQueueId, JSON.stringify(wanted.map(wantedRow))]);
  }

  /** @returns those of the schedules of which every seat is sold */
  async soldOut(tx: SqlExecutor, scheduleIds: number[]): Promise<Set<number>> {
    if (scheduleIds.length === 0) return new Set();
    const rows = await tx.query<{ id: number }>(SOLD_OUT, [ascending(scheduleIds)]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Puts the seats on hold as far as nobody has them and they may be sold to their users. @returns how many */
  async reserveSeats(tx: SqlExecutor, wanted: WantedSeat[], holdSeconds: number): Promise<number> {
    const rows = JSON.stringify(wanted.map(wantedRow));
    return (await tx.execute(RESERVE_SEATS, [rows, holdSeconds, this.mainQueueId])).affectedRows;
  }

  /** Writes orders of seats that were reserved in this transaction, and their reservations. @returns those, by seat */
  async insertOrders(
    tx: SqlExecutor,
    orders: NewOrder[],
    holdSeconds: number,
  ): Promise<{ orderIds: number[]; rows: Map<number, HeldRow> }> {
    const sessionOf = ({ queueId, seq, gen }: ActiveUser): unknown[] => [queueId, seq, gen];
    const inserted = await tx.query<{ id: number; userId: number }>(INSERT_ORDERS, [
      holdSeconds,
      JSON.stringify(
        orders.map(({ user, scheduleId, seatIds, total }) => [
          ...[user.userId, scheduleId, seatIds[0]],
          ...[...sessionOf(user), total],
        ]),
      ),
    ]);
    const orderIds = orders.map(({ user }, i) => {
      const row = inserted[i]; // as they were inserted, in the order of the JSON
      if (row?.userId !== user.userId) throw new Error(`No order for user ${user.userId}.`);
      return row.id;
    });
    const items = orders.flatMap(({ user, seatIds }, i) =>
      seatIds.map((seatId) => [user.userId, orderIds[i], seatId, ...sessionOf(user)]),
    );
    const held = await tx.query<HeldRow>(INSERT_RESERVATIONS, [
      holdSeconds,
      holdSeconds,
      JSON.stringify(items),
    ]);
    if (held.length !== items.length) throw new Error(`${held.length} of ${items.length} seats were held.`);
    return { orderIds, rows: new Map(held.map((row) => [row.seatId, row])) };
  }
}
