import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import {
  ascending,
  forIds,
  type SqlExecutor,
  type SqlTransaction,
} from '../../../platform/database/database';
import { QUEUE_OF_CONCERT } from '../../catalog/repository';
import { PAYMENT_OF_Q, SESSION_COLUMNS } from '../../waiting-room/state/session-repository';
import type { LockedSchedule, LockedSeat, SeatFacts, WantedSeat } from './hold-rows';

/** Whether a schedule `d` is published, and within its window of sales. */
export const IS_ON_SALE = `(d.state = 'PUBLISHED' AND COALESCE(d.opens_at <= NOW(3), TRUE)
                     AND COALESCE(d.closes_at > NOW(3), TRUE))`;

const LOCK_SCHEDULES = `
  SELECT d.id, c.title AS concertTitle, d.starts_at AS startsAt, d.ends_at AS endsAt,
         ${QUEUE_OF_CONCERT} AS queueId, d.starts_at <= NOW(3) AS isStarted, ${IS_ON_SALE} AS isOnSale,
         d.opens_at AS windowOpensAt, d.closes_at AS windowClosesAt,
         IF(d.opens_at > NOW(3), d.opens_at, NULL) AS opensAt, d.seats_per_user AS seatLimit
    FROM concert_schedule d FORCE INDEX (PRIMARY)
    STRAIGHT_JOIN concert c FORCE INDEX (PRIMARY) ON c.id = d.concert_id
   WHERE d.id IN (?) AND d.state <> 'DRAFT' ORDER BY d.id LOCK IN SHARE MODE`;

/**
 * In the order of ids, as every batch locks. In a rush most seats are gone: under READ COMMITTED the server keeps no lock
 * of those, so that refusals keep nobody waiting.
 */
const LOCK_FREE_SEATS = `
  SELECT s.id, s.position, s.amount, s.status = 'TEMP_RESERVED' AS isExpired
    FROM concert_seat s FORCE INDEX (PRIMARY)
   WHERE s.id IN (?) AND (s.status = 'AVAILABLE' OR (s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3)))
   ORDER BY s.id FOR UPDATE`;

const WANTED = `JSON_TABLE(?, '$[*]' COLUMNS (
    user_id BIGINT UNSIGNED PATH '$[0]', schedule_id BIGINT UNSIGNED PATH '$[1]', seat_id BIGINT UNSIGNED PATH '$[2]',
    ${SESSION_COLUMNS})) q`;

/**
 * Read after the locks: under READ COMMITTED it sees what their holders before have committed. NOW(3) is the time at which
 * a statement begins, so only one behind those that wait for locks says when the seats were won.
 */
const FACTS = `
  SELECT NOW(3) AS now, p.id IS NOT NULL AS hasPaid, s.schedule_id AS seatScheduleId,
         (SELECT COUNT(*) FROM reservation v FORCE INDEX (reservation_by_user_and_schedule)
           WHERE v.user_id = q.user_id AND v.schedule_id = q.schedule_id AND v.status IN ('RESERVED', 'TEMP_RESERVED')
             AND (v.status = 'RESERVED' OR v.held_until > NOW(3))) AS seatsOfUser,
         r.id AS reservationId, r.order_id AS orderId, r.user_id AS holderId, r.queue_id AS heldInQueueId,
         r.status = 'RESERVED' AS isSold,
         r.status = 'TEMP_RESERVED' AND r.held_until <= NOW(3) AS isExpired,
         r.reserved_at AS reservedAt, r.held_until AS heldUntil,
         TIMESTAMPDIFF(MICROSECOND, NOW(3), r.held_until) DIV 1000 AS leftMs
    FROM ${WANTED}
    LEFT JOIN concert_seat s ON s.id = q.seat_id
    LEFT JOIN reservation r ON r.live_seat_id = q.seat_id
    ${PAYMENT_OF_Q}`;

const SOLD_OUT = `
  SELECT q.schedule_id AS id FROM JSON_TABLE(?, '$[*]' COLUMNS (schedule_id BIGINT UNSIGNED PATH '$')) q
   WHERE NOT EXISTS (SELECT 1 FROM concert_seat u
                      WHERE u.schedule_id = q.schedule_id AND u.status IN ('AVAILABLE', 'TEMP_RESERVED'))`;

const wantedRow = ({ user, scheduleId, seatId }: WantedSeat): unknown[] => [
  user.userId,
  scheduleId,
  seatId,
  user.queueId,
  user.seq,
  user.gen,
];

/** Locks and reads what decides on holds, each statement for any number of them. */
@scoped(Lifecycle.ContainerScoped)
export class HoldRepository {
  readonly mainQueueId: string;

  constructor(@inject(CONFIG) config: Config) {
    this.mainQueueId = config.QUEUE_ID;
  }

  /** @returns the schedules that exist and are no drafts, by id */
  async lockSchedules(tx: SqlTransaction, scheduleIds: number[]): Promise<Map<number, LockedSchedule>> {
    const { sql, ids } = forIds(LOCK_SCHEDULES, scheduleIds);
    const schedules = await tx.read<LockedSchedule>(sql, [this.mainQueueId, ...ids]);
    return new Map(schedules.map((schedule) => [schedule.id, schedule]));
  }

  /** @returns those of the seats that are free, an expired hold included, by id */
  async lockFreeSeats(tx: SqlTransaction, seatIds: number[]): Promise<Map<number, LockedSeat>> {
    const { sql, ids } = forIds(LOCK_FREE_SEATS, seatIds);
    const seats = await tx.read<LockedSeat>(sql, ids);
    return new Map(seats.map((seat) => [seat.id, seat]));
  }

  /** The other facts that decide on each wanted seat, in the given order. Call it only after the locks were requested. */
  async factsOf(tx: SqlTransaction, wanted: WantedSeat[]): Promise<SeatFacts[]> {
    return tx.read<SeatFacts>(FACTS, [JSON.stringify(wanted.map(wantedRow))]);
  }

  /** @returns those of the schedules of which every seat is sold */
  async soldOut(tx: SqlExecutor, scheduleIds: number[]): Promise<Set<number>> {
    if (scheduleIds.length === 0) return new Set();
    const rows = await tx.query<{ id: number }>(SOLD_OUT, [ascending(scheduleIds)]);
    return new Set(rows.map(({ id }) => id));
  }
}
