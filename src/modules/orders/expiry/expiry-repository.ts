import { Lifecycle, scoped } from 'tsyringe';
import { forIds, type SqlExecutor } from '../../../platform/database/database';
import { OlderRows } from './older-rows';

/**
 * Those whose reservation and seat no other transaction has: it waits for neither, so that it may take them in this order.
 */
const EXPIRED_HOLDS = `
  SELECT r.id, r.seat_id AS seatId, r.order_id AS orderId,
         TIMESTAMPDIFF(MICROSECOND, r.held_until, NOW(3)) / 1000000 AS lateSeconds
    FROM reservation r FORCE INDEX (reservation_by_hold_end)
    STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = r.seat_id
   WHERE r.status = 'TEMP_RESERVED' AND r.held_until <= NOW(3)
   ORDER BY r.held_until LIMIT ? FOR UPDATE SKIP LOCKED`;

const EXPIRED_AMONG = `
  SELECT id, seat_id AS seatId, order_id AS orderId FROM reservation FORCE INDEX (PRIMARY)
   WHERE id IN (?) AND status = 'TEMP_RESERVED' AND held_until <= NOW(3)`;

const FREE_SEATS = `
  UPDATE concert_seat FORCE INDEX (PRIMARY) SET status = 'AVAILABLE', held_until = NULL
   WHERE id IN (?) AND status = 'TEMP_RESERVED' AND held_until <= NOW(3)`;

const CANCEL_RESERVATIONS = `
  UPDATE reservation FORCE INDEX (PRIMARY) SET status = 'CANCELED'
   WHERE id IN (?) AND status = 'TEMP_RESERVED' AND held_until <= NOW(3)`;

const END_ORDERS = `
  UPDATE orders o FORCE INDEX (PRIMARY) SET o.status = 'EXPIRED', o.ended_at = NOW(3)
   WHERE o.id IN (?) AND o.status = 'HELD'
     AND NOT EXISTS (SELECT 1 FROM reservation r WHERE r.order_id = o.id AND r.status <> 'CANCELED')`;

interface ExpiredHold {
  id: number;
  seatId: number;
  /** null: made by an older version, and no order yet. */
  orderId: number | null;
}

/**
 * Ends holds that have expired: the seats first, then the reservations, then the orders that have no other item left.
 * Every transaction takes these locks in this order, and each kind in the order of ids, so that no two wait for each other.
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

  /**
   * Ends those of the holds that have expired, so that their seats, which are locked, can be held by others. Other seats of
   * their orders are left to the job: they are not locked, and may not be so behind these.
   */
  async expireHoldsOf(tx: SqlExecutor, reservationIds: number[]): Promise<void> {
    if (reservationIds.length === 0) return;
    await this.olderRows.adoptReservations(tx, reservationIds);
    const { sql, ids } = forIds(EXPIRED_AMONG, reservationIds);
    await this.end(tx, await tx.query<ExpiredHold>(sql, ids));
  }

  private async end(tx: SqlExecutor, expired: ExpiredHold[]): Promise<void> {
    if (expired.length === 0) return;
    const steps: [string, number[]][] = [
      [FREE_SEATS, expired.map(({ seatId }) => seatId)],
      [CANCEL_RESERVATIONS, expired.map(({ id }) => id)],
      [END_ORDERS, expired.flatMap(({ orderId }) => orderId ?? [])],
    ];
    for (const [statement, rows] of steps) {
      const { sql, ids } = forIds(statement, rows);
      await tx.execute(sql, ids);
    }
  }
}
