import { ascending, type SqlExecutor } from '../../../platform/database/database';

/** After so long an order is not about to be ended by a process of this version. */
const LEFT_BEHIND_SECONDS = 5;

const WITHOUT_ORDER = `SELECT id FROM reservation WHERE order_id IS NULL ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED`;

const WITHOUT_ORDER_AMONG = `
  SELECT r.id FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN reservation r FORCE INDEX (PRIMARY) ON r.id = q.id
   WHERE r.order_id IS NULL FOR UPDATE`;

const INSERT_ORDERS = `
  INSERT INTO orders (user_id, schedule_id, status, total, held_until, queue_id, queue_generation, queue_seq,
                      created_at, paid_at, ended_at)
  SELECT r.user_id, r.schedule_id,
         CASE r.status WHEN 'TEMP_RESERVED' THEN 'HELD' WHEN 'RESERVED' THEN 'PAID' ELSE 'EXPIRED' END,
         r.amount, r.held_until, r.queue_id, r.queue_generation, r.queue_seq, r.reserved_at, p.created_at,
         IF(r.status = 'CANCELED', r.held_until, NULL)
    FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
    STRAIGHT_JOIN reservation r FORCE INDEX (PRIMARY) ON r.id = q.id
    LEFT JOIN payment p ON p.reservation_id = r.id
  RETURNING id`;

const LINK = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$[0]', order_id BIGINT UNSIGNED PATH '$[1]')) q
  STRAIGHT_JOIN reservation r FORCE INDEX (PRIMARY) ON r.id = q.id
     SET r.order_id = q.order_id`;

const UNLINKED_PAYMENTS =
  'SELECT id FROM payment WHERE order_id IS NULL ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED';

const LINK_PAYMENTS = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN payment p FORCE INDEX (PRIMARY) ON p.id = q.id
  STRAIGHT_JOIN reservation r FORCE INDEX (PRIMARY) ON r.id = p.reservation_id
  STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = r.order_id
     SET p.order_id = o.id, o.status = 'PAID', o.paid_at = p.created_at, o.ended_at = NULL`;

/** Held orders whose items were all sold or canceled. */
const LEFT_BEHIND = `
  SELECT o.id FROM orders o FORCE INDEX (order_by_hold_end)
   WHERE o.status = 'HELD' AND o.held_until < NOW(3) - INTERVAL ${LEFT_BEHIND_SECONDS} SECOND
     AND NOT EXISTS (SELECT 1 FROM reservation r WHERE r.order_id = o.id AND r.status = 'TEMP_RESERVED')
   ORDER BY o.held_until LIMIT ? FOR UPDATE SKIP LOCKED`;

const HAS_SOLD = "EXISTS (SELECT 1 FROM reservation r WHERE r.order_id = o.id AND r.status = 'RESERVED')";

const END_LEFT_BEHIND = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) q
  STRAIGHT_JOIN orders o FORCE INDEX (PRIMARY) ON o.id = q.id
     SET o.status = IF(${HAS_SOLD}, 'PAID', 'EXPIRED'), o.ended_at = IF(${HAS_SOLD}, NULL, NOW(3))`;

/**
 * While an update rolls out, processes of versions before migration 12 make reservations without an order, pay without
 * naming the order, and cancel items of which the order knows nothing. All of that is repaired here: a reservation becomes
 * an order of one seat.
 */
export class OlderRows {
  /** At most `limit` reservations and as many payments. */
  async adopt(tx: SqlExecutor, limit: number): Promise<void> {
    await this.makeOrders(tx, await tx.query<{ id: number }>(WITHOUT_ORDER, [limit]));
    const payments = await tx.query<{ id: number }>(UNLINKED_PAYMENTS, [limit]);
    if (payments.length > 0) await tx.execute(LINK_PAYMENTS, [ascending(payments.map(({ id }) => id))]);
    const behind = await tx.query<{ id: number }>(LEFT_BEHIND, [limit]);
    if (behind.length > 0) await tx.execute(END_LEFT_BEHIND, [ascending(behind.map(({ id }) => id))]);
  }

  /** Makes an order for each of the reservations that has none. */
  async adoptReservations(tx: SqlExecutor, ids: number[]): Promise<void> {
    await this.makeOrders(tx, await tx.query<{ id: number }>(WITHOUT_ORDER_AMONG, [JSON.stringify(ids)]));
  }

  private async makeOrders(tx: SqlExecutor, reservations: { id: number }[]): Promise<void> {
    if (reservations.length === 0) return;
    const ids = JSON.stringify(reservations.map(({ id }) => id));
    const orders = await tx.query<{ id: number }>(INSERT_ORDERS, [ids]);
    const pairs = reservations.map(({ id }, i) => [id, orders[i]?.id ?? null]);
    await tx.execute(LINK, [JSON.stringify(pairs)]);
  }
}
