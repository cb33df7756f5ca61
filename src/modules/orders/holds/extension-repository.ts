import { Lifecycle, scoped } from 'tsyringe';
import { forIds, type SqlExecutor } from '../../../platform/database/database';
import type { OrderRow } from '../order-repository';

/** Once, only while the hold lasts, and only of what can be paid still: first the seats, then their reservations, then the order. */
const EXTEND_SEATS = `
  UPDATE concert_seat FORCE INDEX (PRIMARY) SET held_until = held_until + INTERVAL ? SECOND
   WHERE id IN (?) AND status = 'TEMP_RESERVED' AND held_until > NOW(3)`;

const EXTEND_RESERVATIONS = `
  UPDATE reservation FORCE INDEX (PRIMARY)
     SET held_until = held_until + INTERVAL ? SECOND, hold_seconds = hold_seconds + ?
   WHERE id IN (?) AND status = 'TEMP_RESERVED' AND held_until > NOW(3)`;

const EXTEND_ORDER = `
  UPDATE orders FORCE INDEX (PRIMARY) SET held_until = held_until + INTERVAL ? SECOND, extended = TRUE
   WHERE id = ? AND user_id = ? AND status = 'HELD' AND extended = FALSE AND held_until > NOW(3)
     AND (SELECT d.state <> 'CANCELED' FROM concert_schedule d WHERE d.id = schedule_id)`;

/** Prolongs holds. */
@scoped(Lifecycle.ContainerScoped)
export class ExtensionRepository {
  /** @returns whether it did; if not, a part may be written that is to be rolled back */
  async extend(tx: SqlExecutor, { id, userId, items }: OrderRow, seconds: number): Promise<boolean> {
    const steps: [string, number[], number[]][] = [
      [EXTEND_SEATS, [seconds], items.map(({ seatId }) => seatId)],
      [EXTEND_RESERVATIONS, [seconds, seconds], items.map(({ reservationId }) => reservationId)],
    ];
    for (const [statement, binds, rows] of steps) {
      const { sql, ids } = forIds(statement, rows);
      if ((await tx.execute(sql, [...binds, ...ids])).affectedRows !== items.length) return false;
    }
    return (await tx.execute(EXTEND_ORDER, [seconds, id, userId])).affectedRows === 1;
  }
}
