import type { FinalState, ReservationRow } from './evidence.ts';
import type { History } from './history.ts';
import type { MariaDb } from '../system/mariadb.ts';

/** Everything that the database holds of the run, its times as milliseconds since the run's start. */
export async function readState(mariadb: MariaDb, history: History): Promise<FinalState> {
  const connection = await mariadb.connect();
  const rows = async <T>(sql: string): Promise<T[]> => connection.query<T[]>(sql);
  try {
    await connection.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    const askedMs = history.nowMs;
    const [clock] = await rows<{ ms: number }>('SELECT UNIX_TIMESTAMP(NOW(3)) * 1000 AS ms');
    const startedMs = (clock?.ms ?? 0) - (askedMs + history.nowMs) / 2;
    const users = await rows<{ id: number; balance: number }>(
      'SELECT id, balance FROM member WHERE balance <> 0 OR id IN (SELECT user_id FROM payment_history)',
    );
    const reservations = await rows<ReservationRow>(
      `SELECT r.id, r.user_id AS userId, r.seat_id AS seatId, r.status, r.amount, o.id AS orderId, o.extended,
              UNIX_TIMESTAMP(r.reserved_at) * 1000 - ${startedMs} AS reservedMs,
              UNIX_TIMESTAMP(r.held_until) * 1000 - ${startedMs} AS heldUntilMs,
              IF(o.status = 'CANCELED', UNIX_TIMESTAMP(o.ended_at) * 1000 - ${startedMs}, NULL) AS endedMs
         FROM reservation r JOIN orders o ON o.id = r.order_id`,
    );
    return {
      balances: new Map(users.map(({ id, balance }) => [id, balance])),
      ledger: await rows(
        'SELECT user_id AS userId, kind, amount, payment_id AS paymentId FROM payment_history',
      ),
      reservations,
      payments: await rows(
        'SELECT id, reservation_id AS reservationId, order_id AS orderId, user_id AS userId, amount, status FROM payment',
      ),
      events: (
        await rows<{ eventId: string; topic: string; reservationId: number; delivered: number }>(
          `SELECT event_id AS eventId, topic, CAST(JSON_VALUE(payload, '$.reservationId') AS UNSIGNED) AS reservationId,
                  delivered_at IS NOT NULL AS delivered
             FROM outbox`,
        )
      ).map((event) => ({ ...event, delivered: event.delivered === 1 })),
    };
  } finally {
    connection.destroy();
  }
}
