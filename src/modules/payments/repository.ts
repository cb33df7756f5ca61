import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import {
  answersOf,
  forIds,
  isDuplicateKey,
  type SqlExecutor,
  type SqlTransaction,
  type SqlWriter,
} from '../../platform/database/database';
import { TokenNotActive } from '../waiting-room/errors';
import type { ActiveUser } from '../waiting-room/state/session';
import { PAYMENT_OF_Q, SESSION_COLUMNS } from '../waiting-room/state/session-repository';

/** What a payment is for: an order, or one of its reservations as the study has it. */
export interface Payable {
  user: ActiveUser;
  orderId?: number;
  reservationId?: number;
  /** Its `traceparent`, if it is traced. */
  trace?: string | undefined;
}

/** A reservation of an order that is to be paid. */
export interface PayableItem {
  /** Of the payments that were asked for: 0, 1, … */
  payment: number;
  /** The user's session has. */
  hasPaid: 0 | 1;
  /** Orders of the user that are held in the session's queue, this one among them. */
  heldOrders: number;
  /** null: there is no such order or reservation. */
  userId: number | null;
  /** null: an older version has made the reservation, and it has no order yet. */
  orderId: number | null;
  orderStatus: 'HELD' | 'PAID' | 'CANCELED' | 'EXPIRED' | null;
  /** Won. */
  total: number;
  reservationId: number;
  seatId: number;
  concertTitle: string;
  seatPosition: number;
  /** Won. */
  amount: number;
  /** The item is on hold, and its hold has not expired. */
  isHeld: 0 | 1;
  /** Queue of the session that holds it: the concert may have moved since. Rows of older versions: the concert's queue. */
  queueId: string;
}

/** A payment to be written. */
export interface NewPayment {
  user: ActiveUser;
  orderId: number;
  /** The order's first. */
  reservationId: number;
  /** Won. */
  amount: number;
  endsSession: boolean;
}

/** An order that becomes a sale. */
export interface SoldOrder {
  orderId: number;
  /** Who pays. */
  userId: number;
  items: Pick<PayableItem, 'reservationId' | 'seatId'>[];
}

/** Read after the user's row is locked: what other acts of the user have committed is seen. */
const ITEMS = `
  SELECT q.payment - 1 AS payment, p.id IS NOT NULL AS hasPaid,
         (SELECT COUNT(*) FROM orders h
           WHERE h.user_id = q.user_id AND h.status = 'HELD' AND h.held_until > NOW(3)
             AND h.queue_id = q.queue_id) AS heldOrders,
         COALESCE(r.user_id, a.user_id) AS userId, o.id AS orderId, o.status AS orderStatus, o.total,
         r.id AS reservationId, r.seat_id AS seatId, r.concert_title AS concertTitle, r.seat_position AS seatPosition, r.amount,
         r.status = 'TEMP_RESERVED' AND r.held_until > NOW(3) AND d.state <> 'CANCELED' AS isHeld,
         COALESCE(o.queue_id, NULLIF(c.queue_id, ''), ?) AS queueId
    FROM JSON_TABLE(?, '$[*]' COLUMNS (
           payment FOR ORDINALITY, user_id BIGINT UNSIGNED PATH '$[0]',
           order_id BIGINT UNSIGNED PATH '$[1]', reservation_id BIGINT UNSIGNED PATH '$[2]', ${SESSION_COLUMNS})) q
    LEFT JOIN reservation a ON a.id = q.reservation_id
    LEFT JOIN orders o ON o.id = COALESCE(q.order_id, a.order_id)
    LEFT JOIN reservation r ON r.order_id = o.id
    LEFT JOIN concert_schedule d ON d.id = r.schedule_id
    LEFT JOIN concert c ON c.id = d.concert_id
    ${PAYMENT_OF_Q}`;

/**
 * Held orders become sales as far as their holds last and their schedules are not canceled: first the seats, then their
 * reservations, then the orders, each in the order of ids. All at once would lock the seats in the order of the orders.
 */
const SELL_SEATS = `
  UPDATE concert_seat FORCE INDEX (PRIMARY) SET status = 'RESERVED', held_until = NULL
   WHERE id IN (?) AND status = 'TEMP_RESERVED'`;

const SELL_RESERVATIONS = `
  UPDATE reservation FORCE INDEX (PRIMARY) SET status = 'RESERVED'
   WHERE id IN (?) AND status = 'TEMP_RESERVED' AND held_until > NOW(3)`;

const SELL_ORDERS = `
  UPDATE orders o FORCE INDEX (PRIMARY) SET o.status = 'PAID', o.paid_at = NOW(3)
   WHERE o.id IN (?) AND o.user_id IN (?) AND o.status = 'HELD'
     AND (SELECT d.state <> 'CANCELED' FROM concert_schedule d WHERE d.id = o.schedule_id)`;

const INSERT = `
  INSERT INTO payment (user_id, order_id, reservation_id, queue_id, queue_seq, queue_generation, amount, status)
  VALUES (?, ?, ?, ?, ?, ?, ?, 'DONE')
  RETURNING id, user_id AS userId`;

/** The statements of payments, each for any number of them. */
@scoped(Lifecycle.ContainerScoped)
export class PaymentRepository {
  readonly mainQueueId: string;

  constructor(@inject(CONFIG) config: Config) {
    this.mainQueueId = config.QUEUE_ID;
  }

  /** The items of the orders to be paid, by payment and in ascending order; of an order that does not exist, one empty item. */
  async findItems(tx: SqlTransaction, payables: Payable[]): Promise<PayableItem[]> {
    const rows = payables.map(({ user, orderId = null, reservationId = null }) => [
      user.userId,
      orderId,
      reservationId,
      user.queueId,
      user.seq,
      user.gen,
    ]);
    const items = await tx.read<PayableItem>(ITEMS, [this.mainQueueId, JSON.stringify(rows)]);
    // Not by ORDER BY, for which the server would make a temporary table.
    return items.sort((a, b) => a.payment - b.payment || a.reservationId - b.reservationId);
  }

  /** @returns whether all of the orders are sold; if not, a part may be written that is to be rolled back */
  async sell(tx: SqlExecutor, orders: SoldOrder[]): Promise<boolean> {
    const items = orders.flatMap((order) => order.items);
    const seatIds = items.map(({ seatId }) => seatId);
    const reservationIds = items.map(({ reservationId }) => reservationId);
    const orderIds = orders.map(({ orderId }) => orderId);
    const payers = orders.map(({ userId }) => userId);
    const [seats, reservations, sold] = await answersOf([
      this.change(tx, SELL_SEATS, seatIds),
      this.change(tx, SELL_RESERVATIONS, reservationIds),
      this.change(tx, SELL_ORDERS, orderIds, payers),
    ]);
    return seats === items.length && reservations === items.length && sold === orders.length;
  }

  /** @returns how many rows the statement matched */
  private async change(tx: SqlExecutor, statement: string, ...lists: number[][]): Promise<number> {
    const { sql, ids } = forIds(statement, ...lists);
    return (await tx.execute(sql, ids)).affectedRows;
  }

  /**
   * A payment that ends its session carries it; a session is ended once.
   * @returns the payments' ids
   * @throws TokenNotActive (003) when a session has been ended by a payment before
   */
  async insertPayments(tx: SqlWriter, payments: NewPayment[]): Promise<number[]> {
    const rows = payments.map(({ user, orderId, reservationId, amount, endsSession }) => [
      user.userId,
      orderId,
      reservationId,
      ...(endsSession ? [user.queueId, user.seq, user.gen] : [null, null, null]),
      amount,
    ]);
    try {
      const inserted = await tx.insertRows<{ id: number; userId: number }>(INSERT, rows);
      return payments.map(({ user }, i) => {
        const row = inserted[i];
        if (row?.userId !== user.userId) throw new Error(`No payment of user ${user.userId}.`);
        return row.id;
      });
    } catch (error) {
      throw isDuplicateKey(error, 'one_payment_per_session') ? new TokenNotActive('DONE') : error;
    }
  }
}
