import { Lifecycle, scoped } from 'tsyringe';
import { placeholders, type SqlExecutor } from '../../platform/database/database';

/** Users first, then orders, reservations and seats, each in ascending order: as sales lock them. */
const LOCK_USERS = (count: number): string =>
  `SELECT m.id FROM member m JOIN orders o ON o.user_id = m.id
    WHERE o.id IN (${placeholders(count)}) ORDER BY m.id FOR UPDATE`;

const LOCK_ORDERS = (count: number): string =>
  `SELECT id, user_id AS userId, status FROM orders
    WHERE id IN (${placeholders(count)}) AND status IN ('HELD', 'PAID') ORDER BY id FOR UPDATE`;

const ITEMS = (count: number): string =>
  `SELECT id, seat_id AS seatId FROM reservation
    WHERE order_id IN (${placeholders(count)}) AND status <> 'CANCELED' ORDER BY id`;

const CANCEL_ITEMS = (count: number): string =>
  `UPDATE reservation SET status = 'CANCELED' WHERE id IN (${placeholders(count)})`;

const FREE_SEATS = (count: number): string =>
  `UPDATE concert_seat SET status = 'AVAILABLE', held_until = NULL
    WHERE id IN (${placeholders(count)}) AND status IN ('TEMP_RESERVED', 'RESERVED')`;

const END_ORDERS = (count: number): string =>
  `UPDATE orders SET status = 'CANCELED', ended_at = NOW(3) WHERE id IN (${placeholders(count)})`;

const TAKE_PAYMENTS_BACK = (count: number): string =>
  `UPDATE payment SET status = 'CANCELED' WHERE order_id IN (${placeholders(count)}) AND status = 'DONE'`;

/** One payment per user and call, so that each balance changes once and its entry follows from it. */
const CREDIT = (count: number): string =>
  `UPDATE member m JOIN payment p ON p.user_id = m.id SET m.balance = m.balance + p.amount
    WHERE p.order_id IN (${placeholders(count)})`;

const RECORD_REFUNDS = (count: number): string =>
  `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
   SELECT m.id, 'REFUND', p.amount, m.balance, p.id
     FROM payment p JOIN member m ON m.id = p.user_id
    WHERE p.order_id IN (${placeholders(count)})`;

interface LockedOrder {
  id: number;
  userId: number;
  status: 'HELD' | 'PAID';
}

export interface Refunded {
  /** Paid orders whose money is back on the balance. */
  refunded: number[];
  /** Held ones that were released. */
  released: number[];
}

/** Ends orders from our side: the money of paid ones goes back to the balance, and their seats are free. */
@scoped(Lifecycle.ContainerScoped)
export class RefundRepository {
  /**
   * Ends those of the orders that are held or paid; of a user's orders only the first, so call it again for the rest.
   * Whether an order may be refunded is for the caller to say.
   */
  async endOrders(tx: SqlExecutor, orderIds: number[]): Promise<Refunded> {
    if (orderIds.length === 0) return { refunded: [], released: [] };
    await tx.query(LOCK_USERS(orderIds.length), orderIds);
    const locked = await tx.query<LockedOrder>(LOCK_ORDERS(orderIds.length), orderIds);
    const orders = [...new Map(locked.reverse().map((order) => [order.userId, order])).values()];
    const idsOf = (status: LockedOrder['status']): number[] =>
      orders.filter((order) => order.status === status).map(({ id }) => id);
    const [refunded, released] = [idsOf('PAID'), idsOf('HELD')];
    await this.freeSeats(tx, [...refunded, ...released]);
    if (refunded.length > 0) {
      await tx.execute(TAKE_PAYMENTS_BACK(refunded.length), refunded);
      await tx.execute(CREDIT(refunded.length), refunded);
      await tx.execute(RECORD_REFUNDS(refunded.length), refunded);
    }
    return { refunded, released };
  }

  private async freeSeats(tx: SqlExecutor, orderIds: number[]): Promise<void> {
    if (orderIds.length === 0) return;
    const items = await tx.query<{ id: number; seatId: number }>(ITEMS(orderIds.length), orderIds);
    await tx.execute(END_ORDERS(orderIds.length), orderIds);
    if (items.length === 0) return;
    const reservationIds = items.map(({ id }) => id);
    await tx.execute(CANCEL_ITEMS(items.length), reservationIds);
    const seatIds = items.map(({ seatId }) => seatId).sort((a, b) => a - b);
    await tx.execute(FREE_SEATS(items.length), seatIds);
  }
}
