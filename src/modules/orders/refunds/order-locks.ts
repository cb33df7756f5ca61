import { forIds, type SqlParam, type SqlWriter } from '../../../platform/database/database';
import type { BalanceRepository } from '../../accounts/repository';

/** What never changes of the orders, so that it may be read before their locks. */
const USERS_AND_SEATS = `
  SELECT o.user_id AS userId, r.seat_id AS seatId
    FROM orders o FORCE INDEX (PRIMARY)
    STRAIGHT_JOIN reservation r FORCE INDEX (reservation_by_order) ON r.order_id = o.id
   WHERE o.id IN (?)`;

/** Reservations that are still live: other users may already have some seats of an order whose hold has lapsed. */
const ITEMS = `
  SELECT r.id AS reservationId, r.order_id AS orderId, r.user_id AS userId, r.seat_id AS seatId, r.amount AS refundAmount,
         r.concert_title AS concertTitle, r.seat_position AS seatPosition
    FROM orders o FORCE INDEX (PRIMARY)
    STRAIGHT_JOIN reservation r FORCE INDEX (reservation_by_order) ON r.order_id = o.id
   WHERE o.id IN (?) AND r.status <> 'CANCELED'`;

const LOCK_SEATS = 'SELECT id FROM concert_seat FORCE INDEX (PRIMARY) WHERE id IN (?) ORDER BY id FOR UPDATE';

const LOCK_ORDERS = `
  SELECT o.id AS orderId, o.user_id AS userId, o.status, o.total AS amount,
         (SELECT p.id FROM payment p WHERE p.order_id = o.id AND p.status = 'DONE') AS paymentId
    FROM orders o FORCE INDEX (PRIMARY) WHERE o.id IN (?) ORDER BY o.id FOR UPDATE`;

export interface LockedOrder {
  orderId: number;
  userId: number;
  status: string;
  /** Won. */
  amount: number;
  paymentId: number | null;
}

/** A seat of an order that ends. */
export interface EndedItem {
  reservationId: number;
  orderId: number;
  userId: number;
  seatId: number;
  /** Won. */
  refundAmount: number;
  concertTitle: string;
  seatPosition: number;
}

/** Orders whose users, seats and rows are locked. */
export interface Locked {
  /** By user. */
  balances: Map<number, number>;
  orders: LockedOrder[];
  items: EndedItem[];
}

/** Locks users first, then the seats, then the orders, as every act on seats and money does. */
export async function lockOrders(
  tx: SqlWriter,
  users: BalanceRepository,
  orderIds: number[],
): Promise<Locked> {
  const read = <T>(statement: string, rows: number[]): Promise<T[]> => {
    const { sql, ids } = forIds(statement, rows);
    return tx.query<T>(sql, ids);
  };
  const rows = await read<{ userId: number; seatId: number }>(USERS_AND_SEATS, orderIds);
  const userIds = rows.map(({ userId }) => userId);
  const reader = { read: <T>(sql: string, binds?: SqlParam[]) => tx.query<T>(sql, binds) };
  const balances = await users.lockUsers(reader, userIds, true);
  await read(
    LOCK_SEATS,
    rows.map(({ seatId }) => seatId),
  );
  const items = await read<EndedItem>(ITEMS, orderIds);
  return { balances, items, orders: await read<LockedOrder>(LOCK_ORDERS, orderIds) };
}
