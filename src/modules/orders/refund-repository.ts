import { Lifecycle, scoped } from 'tsyringe';
import { ascending, type SqlExecutor, type SqlParam } from '../../platform/database/database';
import { BalanceRepository } from '../accounts/repository';

/** An order whose money went back. */
export interface Refund {
  orderId: number;
  userId: number;
  paymentId: number;
  /** Won. */
  amount: number;
}

const USERS_OF = `
  SELECT DISTINCT o.user_id AS userId FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id`;

const LOCK_ORDERS = `
  SELECT o.id AS orderId, o.user_id AS userId, o.status, o.total AS amount,
         (SELECT p.id FROM payment p WHERE p.order_id = o.id AND p.status = 'DONE') AS paymentId,
         (SELECT COUNT(*) FROM reservation r WHERE r.order_id = o.id) AS items
    FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
    STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id FOR UPDATE`;

/** Order, payment, reservations and seats, a row of each. */
const CANCEL_PAID = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id
  STRAIGHT_JOIN payment p FORCE INDEX (one_payment_per_order) ON p.order_id = o.id
  STRAIGHT_JOIN reservation r FORCE INDEX (reservation_by_order) ON r.order_id = o.id
  STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = r.seat_id
     SET o.status = 'CANCELED', o.ended_at = NOW(3), p.status = 'CANCELED', r.status = 'CANCELED',
         s.status = 'AVAILABLE'
   WHERE o.status = 'PAID' AND p.status = 'DONE' AND r.status = 'RESERVED' AND s.status = 'RESERVED'`;

/** Order, reservations and seats, a row of each. */
const CANCEL_HELD = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id
  STRAIGHT_JOIN reservation r FORCE INDEX (reservation_by_order) ON r.order_id = o.id
  STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = r.seat_id
     SET o.status = 'CANCELED', o.ended_at = NOW(3), r.status = 'CANCELED', s.status = 'AVAILABLE', s.held_until = NULL
   WHERE o.status = 'HELD' AND r.status = 'TEMP_RESERVED' AND s.status = 'TEMP_RESERVED'`;

interface LockedOrder {
  orderId: number;
  userId: number;
  status: string;
  /** Won. */
  amount: number;
  paymentId: number | null;
  items: number;
}

export interface EndedOrders {
  /** Paid orders whose money is back on the balance. */
  refunded: number[];
  /** Held ones that were released. */
  released: number[];
}

/**
 * Ends orders before their time, any number in one transaction: those that are paid get their money back. For a buyer's
 * cancellation of one order, and for the organizer, who cancels a schedule's in batches of some hundred.
 */
@scoped(Lifecycle.ContainerScoped)
export class RefundRepository {
  constructor(private readonly balances: BalanceRepository) {}

  /** Ends those of the orders that are held or paid. Whether an order may be refunded is for the caller to say. */
  async endOrders(tx: SqlExecutor, orderIds: number[]): Promise<EndedOrders> {
    const refunded = (await this.refundOrders(tx, orderIds)).map(({ orderId }) => orderId);
    return { refunded, released: await this.releaseOrders(tx, orderIds) };
  }

  /**
   * Refunds those of the orders that are paid: ledger REFUND, payment CANCELED, seats free. The others stay as they are,
   * so that a job may repeat a batch.
   * @throws Error when a row disagrees with its order: nothing of the transaction may be committed then
   */
  async refundOrders(tx: SqlExecutor, orderIds: number[]): Promise<Refund[]> {
    const { balances, orders } = await this.lock(tx, orderIds);
    const paid = orders.filter(({ status }) => status === 'PAID');
    if (paid.length === 0) return [];
    const { affectedRows } = await tx.execute(CANCEL_PAID, [ascending(paid.map(({ orderId }) => orderId))]);
    if (affectedRows !== paid.reduce((rows, { items }) => rows + 2 + 2 * items, 0))
      throw new Error('Not all of the orders to refund have their payment and their seats.');
    const refunds = paid.map(({ orderId, userId, amount, paymentId }) => ({
      ...{ orderId, userId, amount, paymentId: paymentId ?? 0 },
    }));
    if (!(await this.balances.credit(tx, refunds))) throw new Error('A balance cannot hold a refund.');
    await this.balances.insertEntries(
      tx,
      refunds.map(({ userId, amount, paymentId }) => {
        const balanceAfter = (balances.get(userId) ?? 0) + amount;
        balances.set(userId, balanceAfter);
        return { userId, kind: 'REFUND', amount, balanceAfter, paymentId };
      }),
    );
    return refunds;
  }

  /** Frees the seats of those of the orders that are held. @returns the ids of those */
  async releaseOrders(tx: SqlExecutor, orderIds: number[]): Promise<number[]> {
    const { orders } = await this.lock(tx, orderIds);
    const held = orders.filter(({ status }) => status === 'HELD').map(({ orderId }) => orderId);
    if (held.length > 0) await tx.execute(CANCEL_HELD, [ascending(held)]);
    return held;
  }

  /** Users first, as every act on seats and money locks them; then the orders. */
  private async lock(
    tx: SqlExecutor,
    orderIds: number[],
  ): Promise<{ balances: Map<number, number>; orders: LockedOrder[] }> {
    const ids = ascending(orderIds);
    const users = await tx.query<{ userId: number }>(USERS_OF, [ids]);
    const userIds = users.map(({ userId }) => userId);
    const reader = { read: <T>(sql: string, binds?: SqlParam[]) => tx.query<T>(sql, binds) };
    const balances = await this.balances.lockUsers(reader, userIds, true);
    return { balances, orders: await tx.query<LockedOrder>(LOCK_ORDERS, [ids]) };
  }
}
