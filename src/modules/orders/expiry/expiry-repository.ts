import { Lifecycle, scoped } from 'tsyringe';
import { ascending, type SqlExecutor } from '../../../platform/database/database';
import { OlderRows } from './older-rows';

const EXPIRED_HOLDS = `
  SELECT id, seat_id AS seatId, order_id AS orderId,
         TIMESTAMPDIFF(MICROSECOND, held_until, NOW(3)) / 1000000 AS lateSeconds
    FROM reservation
   WHERE status = 'TEMP_RESERVED' AND held_until <= NOW(3)
   ORDER BY held_until LIMIT ? FOR UPDATE SKIP LOCKED`;

/** All of the orders to which these belong: the items of an order end together. */
const EXPIRED_WITH = `
  SELECT DISTINCT r.id, r.seat_id AS seatId, r.order_id AS orderId
    FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
    STRAIGHT_JOIN reservation a FORCE INDEX (PRIMARY) ON a.id = q.id
    STRAIGHT_JOIN reservation r FORCE INDEX (reservation_by_order) ON r.order_id = a.order_id
   WHERE r.status = 'TEMP_RESERVED' AND r.held_until <= NOW(3)`;

const CANCEL_RESERVATIONS = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN reservation r FORCE INDEX (PRIMARY) ON r.id = q.id
     SET r.status = 'CANCELED'
   WHERE r.status = 'TEMP_RESERVED' AND r.held_until <= NOW(3)`;

const FREE_SEATS = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = q.id
     SET s.status = 'AVAILABLE', s.held_until = NULL
   WHERE s.status = 'TEMP_RESERVED' AND s.held_until <= NOW(3)`;

const END_ORDERS = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id
     SET o.status = 'EXPIRED', o.ended_at = NOW(3)
   WHERE o.status = 'HELD'
     AND NOT EXISTS (SELECT 1 FROM reservation r WHERE r.order_id = o.id AND r.status <> 'CANCELED')`;

interface ExpiredHold {
  id: number;
  seatId: number;
  /** null: made by an older version, and no order yet. */
  orderId: number | null;
}

/**
 * Ends orders whose holds have expired: the reservations first, then the seats, then the orders. Every process does it
 * in the order of ids, so that two do not wait for each other.
 */
@scoped(Lifecycle.ContainerScoped)
export class ExpiryRepository {
  private readonly olderRows = new OlderRows();

  /** Ends at most `limit` holds that have expired. @returns how late each was, seconds */
  async expireHolds(tx: SqlExecutor, limit: number): Promise<number[]> {
    await this.olderRows.adopt(tx, limit);
    const expired = await tx.query<ExpiredHold & { lateSeconds: number }>(EXPIRED_HOLDS, [limit]);
    await this.end(tx, expired);
    return expired.map(({ lateSeconds }) => lateSeconds);
  }

  /** Ends the orders of these reservations, whose holds have expired, so that their seats can be held by others. */
  async expireHoldsOf(tx: SqlExecutor, reservationIds: number[]): Promise<void> {
    if (reservationIds.length === 0) return;
    await this.olderRows.adoptReservations(tx, reservationIds);
    await this.end(tx, await tx.query<ExpiredHold>(EXPIRED_WITH, [JSON.stringify(reservationIds)]));
  }

  private async end(tx: SqlExecutor, expired: ExpiredHold[]): Promise<void> {
    if (expired.length === 0) return;
    await tx.execute(CANCEL_RESERVATIONS, [ascending(expired.map(({ id }) => id))]);
    await tx.execute(FREE_SEATS, [ascending(expired.map(({ seatId }) => seatId))]);
    await tx.execute(END_ORDERS, [ascending(expired.flatMap(({ orderId }) => orderId ?? []))]);
  }
}
