import { Lifecycle, scoped } from 'tsyringe';
import { ascending, type SqlParam, type SqlWriter } from '../../platform/database/database';
import { Tracer } from '../../platform/observability/traces/tracer';
import { BalanceRepository } from '../accounts/repository';
import { appendEvents } from '../outbox/append';
import { type CanceledBy, paymentRefunded } from '../outbox/events';

const USERS_OF = `
  SELECT DISTINCT o.user_id AS userId FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id`;

const LOCK_ORDERS = `
  SELECT o.id AS orderId, o.user_id AS userId, o.status, o.total AS amount,
         (SELECT p.id FROM payment p WHERE p.order_id = o.id AND p.status = 'DONE') AS paymentId,
         (SELECT COUNT(*) FROM reservation r WHERE r.order_id = o.id) AS items
    FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
    STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id FOR UPDATE`;

const ITEMS = `
  SELECT r.id AS reservationId, r.order_id AS orderId, r.user_id AS userId, r.seat_id AS seatId, r.amount AS refundAmount,
         r.concert_title AS concertTitle, r.seat_position AS seatPosition
    FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
    STRAIGHT_JOIN reservation r FORCE INDEX (reservation_by_order) ON r.order_id = q.id`;

/** In the order of ids, as holds lock them: the updates below would take the seats in the order of the orders. */
const LOCK_SEATS = `
  SELECT s.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN concert_seat s FORCE INDEX (PRIMARY) ON s.id = q.id FOR UPDATE`;

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

/** A seat of an order that ends. */
interface EndedItem {
  reservationId: number;
  orderId: number;
  userId: number;
  seatId: number;
  /** Won. */
  refundAmount: number;
  concertTitle: string;
  seatPosition: number;
}

interface Locked {
  balances: Map<number, number>;
  orders: LockedOrder[];
}

export interface EndedOrders {
  /** Paid orders whose money is back on the balance. */
  refunded: number[];
  /** Held ones that were released. */
  released: number[];
}

/**
 * Ends orders before their time, any number in one transaction: those that are paid get their money back. For a buyer's
 * cancellation of one order, and for the organizer, who cancels a schedule's in chunks.
 */
@scoped(Lifecycle.ContainerScoped)
export class RefundRepository {
  constructor(
    private readonly balances: BalanceRepository,
    private readonly tracer: Tracer,
  ) {}

  /** Ends those of the orders that are held or paid. Whether an order may be refunded is for the caller to say. */
  async endOrders(tx: SqlWriter, orderIds: number[], canceledBy: CanceledBy): Promise<EndedOrders> {
    const locked = await this.lock(tx, orderIds);
    const items = await this.lockSeats(tx, locked.orders);
    const refunded = await this.refund(tx, locked, items, canceledBy);
    return { refunded, released: await this.release(tx, locked) };
  }

  /**
   * Refunds those of the orders that are paid: ledger REFUND, payment CANCELED, seats free, an event for each seat. The
   * others stay as they are, so that a job may repeat a batch.
   * @returns the ids of those that were refunded
   * @throws Error when a row disagrees with its order: nothing of the transaction may be committed then
   */
  async refundOrders(tx: SqlWriter, orderIds: number[], canceledBy: CanceledBy): Promise<number[]> {
    const locked = await this.lock(tx, orderIds);
    const items = await this.lockSeats(tx, locked.orders);
    return this.refund(tx, locked, items, canceledBy);
  }

  /** Frees the seats of those of the orders that are held. @returns the ids of those */
  async releaseOrders(tx: SqlWriter, orderIds: number[]): Promise<number[]> {
    const locked = await this.lock(tx, orderIds);
    await this.lockSeats(tx, locked.orders);
    return this.release(tx, locked);
  }

  private async refund(
    tx: SqlWriter,
    { balances, orders }: Locked,
    items: EndedItem[],
    canceledBy: CanceledBy,
  ): Promise<number[]> {
    const paid = orders.filter(({ status }) => status === 'PAID');
    if (paid.length === 0) return [];
    const orderIds = paid.map(({ orderId }) => orderId);
    const { affectedRows } = await tx.execute(CANCEL_PAID, [ascending(orderIds)]);
    if (affectedRows !== paid.reduce((rows, order) => rows + 2 + 2 * order.items, 0))
      throw new Error('Not all of the orders to refund have their payment and their seats.');
    if (!(await this.balances.credit(tx, paid))) throw new Error('A balance cannot hold a refund.');
    await this.balances.insertEntries(
      tx,
      paid.map(({ userId, amount, paymentId }) => {
        const balanceAfter = (balances.get(userId) ?? 0) + amount;
        balances.set(userId, balanceAfter);
        return { userId, kind: 'REFUND', amount, balanceAfter, paymentId: paymentId ?? 0 };
      }),
    );
    const isPaid = new Set(orderIds);
    const trace = this.tracer.traceparent();
    await appendEvents(
      tx,
      items
        .filter(({ orderId }) => isPaid.has(orderId))
        .map(({ reservationId, orderId, userId, refundAmount, concertTitle, seatPosition }) => ({
          ...paymentRefunded({
            reservationId,
            orderId,
            userId,
            refundAmount,
            concertTitle,
            seatPosition,
            canceledBy,
          }),
          trace,
        })),
    );
    return orderIds;
  }

  private async release(tx: SqlWriter, { orders }: Locked): Promise<number[]> {
    const held = orders.filter(({ status }) => status === 'HELD').map(({ orderId }) => orderId);
    if (held.length > 0) await tx.execute(CANCEL_HELD, [ascending(held)]);
    return held;
  }

  /** Users first, as every act on seats and money locks them; then the orders. */
  private async lock(tx: SqlWriter, orderIds: number[]): Promise<Locked> {
    const ids = ascending(orderIds);
    const users = await tx.query<{ userId: number }>(USERS_OF, [ids]);
    const userIds = users.map(({ userId }) => userId);
    const reader = { read: <T>(sql: string, binds?: SqlParam[]) => tx.query<T>(sql, binds) };
    const balances = await this.balances.lockUsers(reader, userIds, true);
    return { balances, orders: await tx.query<LockedOrder>(LOCK_ORDERS, [ids]) };
  }

  /** The seats of those of the locked orders that are held or paid. */
  private async lockSeats(tx: SqlWriter, orders: LockedOrder[]): Promise<EndedItem[]> {
    const live = orders.filter(({ status }) => status === 'PAID' || status === 'HELD');
    if (live.length === 0) return [];
    const items = await tx.query<EndedItem>(ITEMS, [ascending(live.map(({ orderId }) => orderId))]);
    await tx.query(LOCK_SEATS, [ascending(items.map(({ seatId }) => seatId))]);
    return items;
  }
}
