import { Lifecycle, scoped } from 'tsyringe';
import { Database, type SqlExecutor, type SqlParam } from '../../../platform/database/database';
import type { OrderDetail, OrderQuery, OrderView } from './schema';

export interface OrderRow extends Pick<OrderView, 'orderId' | 'userId' | 'scheduleId' | 'status' | 'total'> {
  heldUntil: Date;
  createdAt: Date;
  paidAt: Date | null;
  endedAt: Date | null;
}

export type OrderItem = OrderDetail['seats'][number];

const ORDER = `id AS orderId, user_id AS userId, schedule_id AS scheduleId, status, total, held_until AS heldUntil,
               created_at AS createdAt, paid_at AS paidAt, ended_at AS endedAt`;

/** Each filter is left out by a NULL. */
const SEARCH = `
  SELECT ${ORDER} FROM orders
   WHERE (? IS NULL OR user_id = ?) AND (? IS NULL OR schedule_id = ?) AND (? IS NULL OR status = ?)
     AND (? IS NULL OR id < ?)
   ORDER BY id DESC LIMIT ?`;

const FIND = `SELECT ${ORDER} FROM orders WHERE id = ?`;

const ITEMS = `
  SELECT r.id AS reservationId, r.seat_id AS seatId, r.seat_position AS position, s.section, s.row_label AS \`row\`,
         s.seat_number AS number, r.amount, r.status
    FROM reservation r JOIN concert_seat s ON s.id = r.seat_id
   WHERE r.order_id = ? ORDER BY r.id`;

const TITLE = 'SELECT concert_title AS title FROM reservation WHERE order_id = ? ORDER BY id LIMIT 1';

/** Orders as operators look for them. */
@scoped(Lifecycle.ContainerScoped)
export class OrderSearchRepository {
  constructor(private readonly database: Database) {}

  /** Newest first. */
  async search({ userId, scheduleId, status, before }: OrderQuery, limit: number): Promise<OrderRow[]> {
    const filters: (SqlParam | undefined)[] = [userId, scheduleId, status, before];
    const binds = filters.flatMap((value) => [value ?? null, value ?? null]);
    return this.database.query<OrderRow>(SEARCH, [...binds, limit]);
  }

  async find(on: SqlExecutor, id: number): Promise<OrderRow | undefined> {
    const [row] = await on.query<OrderRow>(FIND, [id]);
    return row;
  }

  /** As it was when the order was made. */
  async concertTitle(on: SqlExecutor, id: number): Promise<string | undefined> {
    const [row] = await on.query<{ title: string }>(TITLE, [id]);
    return row?.title;
  }

  async items(on: SqlExecutor, id: number): Promise<OrderItem[]> {
    return on.query<OrderItem>(ITEMS, [id]);
  }
}
