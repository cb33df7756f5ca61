import { Lifecycle, scoped } from 'tsyringe';
import type { SqlExecutor } from '../../platform/database/database';
import type { ActiveUser } from '../waiting-room/state/session';

export type OrderStatus = 'HELD' | 'PAID' | 'CANCELED' | 'EXPIRED';

export interface OrderRow {
  id: number;
  userId: number;
  scheduleId: number;
  status: OrderStatus;
  /** Won. */
  total: number;
  heldUntil: Date;
  extended: 0 | 1;
  createdAt: Date;
  paidAt: Date | null;
  endedAt: Date | null;
  /** Until when the buyer may cancel it for a refund; null: never. */
  refundableUntil: Date | null;
  items: OrderItemRow[];
}

export interface OrderItemRow {
  reservationId: number;
  seatId: number;
  seatPosition: number;
  section: string | null;
  row: string | null;
  number: string | null;
  /** Won. */
  amount: number;
  concertTitle: string;
  startsAt: Date;
}

type Joined = Omit<OrderRow, 'items'> & OrderItemRow;

/** A held order whose expired hold nobody has ended yet counts as expired. */
const COLUMNS = `
  o.id, o.user_id AS userId, o.schedule_id AS scheduleId,
  IF(o.status = 'HELD' AND o.held_until <= NOW(3), 'EXPIRED', o.status) AS status, o.total,
  o.held_until AS heldUntil, o.extended, o.created_at AS createdAt, o.paid_at AS paidAt, o.ended_at AS endedAt,
  d.refundable_until AS refundableUntil, r.id AS reservationId, r.seat_id AS seatId, r.seat_position AS seatPosition,
  s.section, s.row_label AS \`row\`, s.seat_number AS number, r.amount, r.concert_title AS concertTitle,
  r.starts_at AS startsAt`;
const JOINS = `
  JOIN concert_schedule d ON d.id = o.schedule_id
  JOIN reservation r FORCE INDEX (reservation_by_order) ON r.order_id = o.id
  JOIN concert_seat s ON s.id = r.seat_id`;

const FIND = `
  SELECT ${COLUMNS} FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id ${JOINS} ORDER BY o.id, r.id`;

/**
 * Newest first; `?` orders before the order `?`. By the index of the user's orders: of a user who has many, the server
 * would rather read everybody's orders, newest first.
 */
const LIST = `
  SELECT ${COLUMNS}
    FROM (SELECT id FROM orders FORCE INDEX (order_by_user)
           WHERE user_id = ? AND id < ? ORDER BY id DESC LIMIT ?) newest
    STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = newest.id ${JOINS}
   ORDER BY o.id DESC, r.id`;

const IS_REFUNDABLE = `
  SELECT d.refundable_until > NOW(3) AND d.starts_at > NOW(3) AS isRefundable
    FROM orders o JOIN concert_schedule d ON d.id = o.schedule_id WHERE o.id = ?`;

const LOCK_USER = 'SELECT id FROM member WHERE id = ? FOR UPDATE';

/** The last payment of a session that was left open because the user held another order. */
const OPEN_PAYMENT = `
  SELECT p.id FROM orders o FORCE INDEX (order_by_user)
  JOIN payment p ON p.order_id = o.id
   WHERE o.user_id = ? AND o.status = 'PAID' AND o.queue_id = ? AND o.queue_seq = ? AND o.queue_generation = ?
     AND p.queue_id IS NULL
     AND NOT EXISTS (SELECT 1 FROM orders h
                      WHERE h.user_id = o.user_id AND h.status = 'HELD' AND h.held_until > NOW(3)
                        AND h.queue_id = o.queue_id)
   ORDER BY p.id DESC LIMIT 1`;

const IS_HOLDING = `
  SELECT EXISTS (SELECT 1 FROM orders FORCE INDEX (order_by_user)
                  WHERE user_id = ? AND status = 'HELD' AND held_until > NOW(3) AND queue_id = ?) AS isHolding`;

const SESSION_OF = `
  SELECT user_id AS userId, queue_id AS queueId, queue_seq AS seq, queue_generation AS gen
    FROM orders WHERE id = ? AND queue_id IS NOT NULL`;

const END_SESSION = 'UPDATE payment SET queue_id = ?, queue_seq = ?, queue_generation = ? WHERE id = ?';

/** Orders as their users see them, and what is done to one at a time. */
@scoped(Lifecycle.ContainerScoped)
export class OrderRepository {
  /** Those that exist, in ascending order of ids. */
  async find(on: SqlExecutor, ids: number[]): Promise<OrderRow[]> {
    return grouped(await on.query<Joined>(FIND, [JSON.stringify(ids)]));
  }

  /** The user's newest orders with ids below `before`. */
  async list(on: SqlExecutor, userId: number, before: number, limit: number): Promise<OrderRow[]> {
    return grouped(await on.query<Joined>(LIST, [userId, before, limit]));
  }

  /** Locks the user's row, as each act on its seats and money does first of all. */
  async lockUser(tx: SqlExecutor, userId: number): Promise<void> {
    await tx.query(LOCK_USER, [userId]);
  }

  /** By the database's clock. */
  async isRefundable(tx: SqlExecutor, orderId: number): Promise<boolean> {
    const [row] = await tx.query<{ isRefundable: 0 | 1 | null }>(IS_REFUNDABLE, [orderId]);
    return row?.isRefundable === 1;
  }

  /** Whether the user holds seats in the session's queue. */
  async isHolding(
    tx: SqlExecutor,
    { userId, queueId }: { userId: number; queueId: string },
  ): Promise<boolean> {
    const [row] = await tx.query<{ isHolding: 0 | 1 }>(IS_HOLDING, [userId, queueId]);
    return row?.isHolding === 1;
  }

  /** The session that has made the order; undefined: none is stored. */
  async sessionOf(on: SqlExecutor, orderId: number): Promise<ActiveUser | undefined> {
    const [row] = await on.query<ActiveUser>(SESSION_OF, [orderId]);
    return row;
  }

  /** Ends the session if an order of it is paid and none of the user's is held any more. @returns whether it did */
  async endSessionIfPaid(tx: SqlExecutor, { userId, queueId, seq, gen }: ActiveUser): Promise<boolean> {
    const [payment] = await tx.query<{ id: number }>(OPEN_PAYMENT, [userId, queueId, seq, gen]);
    if (payment === undefined) return false;
    await tx.execute(END_SESSION, [queueId, seq, gen, payment.id]);
    return true;
  }
}

function grouped(rows: Joined[]): OrderRow[] {
  const orders = new Map<number, OrderRow>();
  for (const {
    reservationId,
    seatId,
    seatPosition,
    section,
    row,
    number,
    amount,
    concertTitle,
    startsAt,
    ...order
  } of rows) {
    const known = orders.get(order.id) ?? { ...order, items: [] };
    orders.set(order.id, known);
    known.items.push({
      reservationId,
      seatId,
      seatPosition,
      section,
      row,
      number,
      amount,
      concertTitle,
      startsAt,
    });
  }
  return [...orders.values()];
}
