import { Lifecycle, scoped } from 'tsyringe';
import { forIds, type SqlWriter } from '../../../platform/database/database';
import { Tracer } from '../../../platform/observability/traces/tracer';
import { BalanceFull } from '../../accounts/errors';
import { BalanceRepository } from '../../accounts/repository';
import { appendEvents } from '../../outbox/append';
import { type CanceledBy, paymentRefunded } from '../../outbox/events';
import { type EndedItem, type Locked, type LockedOrder, lockOrders } from './order-locks';

/** The rows that end, kind by kind. */
type Ended = Record<'seats' | 'reservations' | 'orders' | 'payments', number[]>;

const CANCEL_PAID: Record<keyof Ended, string> = {
  seats: `UPDATE concert_seat FORCE INDEX (PRIMARY) SET status = 'AVAILABLE' WHERE id IN (?) AND status = 'RESERVED'`,
  reservations: `
    UPDATE reservation FORCE INDEX (PRIMARY) SET status = 'CANCELED' WHERE id IN (?) AND status = 'RESERVED'`,
  orders: `
    UPDATE orders FORCE INDEX (PRIMARY) SET status = 'CANCELED', ended_at = NOW(3) WHERE id IN (?) AND status = 'PAID'`,
  payments: `UPDATE payment FORCE INDEX (PRIMARY) SET status = 'CANCELED' WHERE id IN (?) AND status = 'DONE'`,
};

const CANCEL_HELD: Partial<Record<keyof Ended, string>> = {
  seats: `
    UPDATE concert_seat FORCE INDEX (PRIMARY) SET status = 'AVAILABLE', held_until = NULL
     WHERE id IN (?) AND status = 'TEMP_RESERVED'`,
  reservations: `
    UPDATE reservation FORCE INDEX (PRIMARY) SET status = 'CANCELED' WHERE id IN (?) AND status = 'TEMP_RESERVED'`,
  orders: `
    UPDATE orders FORCE INDEX (PRIMARY) SET status = 'CANCELED', ended_at = NOW(3) WHERE id IN (?) AND status = 'HELD'`,
};

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
    const locked = await lockOrders(tx, this.balances, orderIds);
    const refunded = await this.refund(tx, locked, canceledBy);
    return { refunded, released: await this.release(tx, locked) };
  }

  /**
   * Refunds those of the orders that are paid: ledger REFUND, payment CANCELED, seats free, an event for each seat. The
   * others stay as they are, so that a job may repeat a batch.
   * @returns the ids of those that were refunded
   * @throws BalanceFull (409), RowsDisagree: nothing of the transaction may be committed then
   */
  async refundOrders(tx: SqlWriter, orderIds: number[], canceledBy: CanceledBy): Promise<number[]> {
    return this.refund(tx, await lockOrders(tx, this.balances, orderIds), canceledBy);
  }

  /** Frees the seats of those of the orders that are held. @returns the ids of those */
  async releaseOrders(tx: SqlWriter, orderIds: number[]): Promise<number[]> {
    return this.release(tx, await lockOrders(tx, this.balances, orderIds));
  }

  private async refund(
    tx: SqlWriter,
    { balances, orders, items }: Locked,
    canceledBy: CanceledBy,
  ): Promise<number[]> {
    const paid = orders.filter(({ status }) => status === 'PAID');
    if (paid.length === 0) return [];
    const ended = itemsOf(paid, items);
    const payments = paid.flatMap(({ paymentId }) => paymentId ?? []);
    if (
      payments.length < paid.length ||
      sumOf(ended.map(({ refundAmount }) => refundAmount)) !== sumOf(paid.map(({ amount }) => amount))
    )
      throw new RowsDisagree();
    await this.cancel(tx, CANCEL_PAID, { ...rowsOf(paid, ended), payments });
    if (!(await this.balances.credit(tx, paid))) throw new BalanceFull();
    await this.balances.insertEntries(
      tx,
      paid.map(({ userId, amount, paymentId }) => {
        const balanceAfter = (balances.get(userId) ?? 0) + amount;
        balances.set(userId, balanceAfter);
        return { userId, kind: 'REFUND', amount, balanceAfter, paymentId: paymentId ?? 0 };
      }),
    );
    const trace = this.tracer.traceparent();
    await appendEvents(
      tx,
      ended.map(({ reservationId, orderId, userId, refundAmount, concertTitle, seatPosition }) => ({
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
    return paid.map(({ orderId }) => orderId);
  }

  private async release(tx: SqlWriter, { orders, items }: Locked): Promise<number[]> {
    const held = orders.filter(({ status }) => status === 'HELD');
    await this.cancel(tx, CANCEL_HELD, rowsOf(held, itemsOf(held, items)));
    return held.map(({ orderId }) => orderId);
  }

  /** @throws RowsDisagree unless every row is as its statement wants it */
  private async cancel(
    tx: SqlWriter,
    statements: Partial<Record<keyof Ended, string>>,
    rows: Partial<Ended>,
  ): Promise<void> {
    for (const kind of ['seats', 'reservations', 'orders', 'payments'] as const) {
      const [statement, ended] = [statements[kind], rows[kind] ?? []];
      if (statement === undefined || ended.length === 0) continue;
      const { sql, ids } = forIds(statement, ended);
      if ((await tx.execute(sql, ids)).affectedRows !== ended.length) throw new RowsDisagree();
    }
  }
}

class RowsDisagree extends Error {
  constructor() {
    super('Not all of the orders have their payments and their seats.');
  }
}

const itemsOf = (orders: LockedOrder[], items: EndedItem[]): EndedItem[] => {
  const ids = new Set(orders.map(({ orderId }) => orderId));
  return items.filter(({ orderId }) => ids.has(orderId));
};

const rowsOf = (orders: LockedOrder[], items: EndedItem[]): Omit<Ended, 'payments'> => ({
  seats: items.map(({ seatId }) => seatId),
  reservations: items.map(({ reservationId }) => reservationId),
  orders: orders.map(({ orderId }) => orderId),
});

const sumOf = (amounts: number[]): number => amounts.reduce((sum, amount) => sum + amount, 0);
