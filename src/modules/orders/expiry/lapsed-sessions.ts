import { Lifecycle, scoped } from 'tsyringe';
import { Database, type SqlExecutor } from '../../../platform/database/database';
import type { ActiveUser } from '../../waiting-room/state/session';

/** Most sessions that one turn of LapsedSessionsJob reads. */
export const LAPSED_PER_TURN = 500;

/**
 * Sessions that are to be ended: one of their holds has lapsed since then (or would have, had it not been given back),
 * another order of theirs is paid, and its payment left them open. Sessions of users who hold yet another order are left
 * out: there is nothing to do, and many of them would leave no room for others. Each session comes once before anything
 * is joined: a user may have held and given back thousands of times. (Joins, since the server would read all payments for
 * a NOT EXISTS.)
 */
const LAPSED_WITH_PAID = `
  SELECT DISTINCT e.user_id AS userId, e.queue_id AS queueId, e.queue_seq AS seq, e.queue_generation AS gen
    FROM (SELECT DISTINCT user_id, queue_id, queue_seq, queue_generation
            FROM orders FORCE INDEX (order_by_hold_end)
           WHERE status IN ('EXPIRED', 'CANCELED') AND held_until > NOW(3) - INTERVAL ? SECOND
              OR status = 'HELD' AND held_until > NOW(3) - INTERVAL ? SECOND AND held_until <= NOW(3)) e
    STRAIGHT_JOIN orders o FORCE INDEX (order_by_user) ON o.user_id = e.user_id AND o.status = 'PAID'
     AND o.queue_id = e.queue_id AND o.queue_seq = e.queue_seq AND o.queue_generation = e.queue_generation
    STRAIGHT_JOIN payment p FORCE INDEX (one_payment_per_order)
      ON p.order_id = o.id AND p.queue_id IS NULL AND p.status = 'DONE'
    LEFT JOIN payment ended FORCE INDEX (one_payment_per_session)
      ON ended.queue_id = e.queue_id AND ended.queue_seq = e.queue_seq AND ended.queue_generation = e.queue_generation
    LEFT JOIN orders h FORCE INDEX (order_by_user)
      ON h.user_id = e.user_id AND h.status = 'HELD' AND h.held_until > NOW(3) AND h.queue_id = e.queue_id
   WHERE ended.id IS NULL AND h.id IS NULL
   LIMIT ${LAPSED_PER_TURN}`;

@scoped(Lifecycle.ContainerScoped)
export class LapsedSessions {
  constructor(private readonly database: Database) {}

  /** Sessions whose last hold has ended, not before the given seconds, and in which another order is paid; at most LAPSED_PER_TURN. */
  async since(seconds: number, on: SqlExecutor = this.database): Promise<ActiveUser[]> {
    return on.query(LAPSED_WITH_PAID, [seconds, seconds]);
  }
}
