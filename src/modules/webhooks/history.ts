import { Lifecycle, scoped } from 'tsyringe';
import { Database, type SqlExecutor, type SqlParam } from '../../platform/database/database';
import { IS_OF_TEST_USER } from './fan-out';

/** Counting stops here: a higher number would cost more than it helps. */
const COUNTED = 100_000;
/** Rows that one statement changes: an endpoint may have millions, and a statement has DATABASE_TIMEOUT_MS. */
const PIECE = 2000;
/** Newest calls of all endpoints among which those of one are looked for. */
const LOOKED_AT = 100_000;

/** MIN(id): deliveries are made in the order of their events. */
const BACKLOG = `SELECT b.deliveries, COALESCE(TIMESTAMPDIFF(SECOND, d.created_at, NOW(3)), 0) AS oldestAgeS
                   FROM (SELECT COUNT(*) AS deliveries, MIN(id) AS oldest
                           FROM (SELECT id FROM webhook_delivery FORCE INDEX (delivery_due)
                                  WHERE endpoint_id = ? AND status = ? LIMIT ${COUNTED}) counted) b
                   LEFT JOIN webhook_delivery d ON d.id = b.oldest`;
const AGAIN = "UPDATE webhook_delivery SET status = 'PENDING', attempts = 0, next_attempt_at = NOW(3)";
const REPLAY_EVENT = `${AGAIN} WHERE endpoint_id = ? AND event_id = ?`;
const REPLAY_FAILED = `${AGAIN} WHERE endpoint_id = ? AND status = 'FAILED' LIMIT ${PIECE}`;
const REPLAY_SINCE = `UPDATE webhook_delivery FORCE INDEX (PRIMARY)
                         SET status = 'PENDING', attempts = 0, next_attempt_at = NOW(3)
                       WHERE id BETWEEN ? AND ? AND endpoint_id = ? AND occurred_at >= ?`;
const MISSED_SINCE = `INSERT IGNORE INTO webhook_delivery
                        (endpoint_id, outbox_id, event_id, topic, partition_key, payload, occurred_at, traceparent)
                      SELECT e.id, o.id, o.event_id, o.topic, o.partition_key, o.payload, o.created_at, o.traceparent
                        FROM outbox o FORCE INDEX (PRIMARY)
                        JOIN webhook_endpoint e ON (e.topics IS NULL OR FIND_IN_SET(o.topic, e.topics) > 0)
                       WHERE o.id BETWEEN ? AND ? AND e.id = ? AND o.created_at >= ?
                         AND (o.delivered_at IS NOT NULL OR o.given_up_at IS NOT NULL) AND NOT ${IS_OF_TEST_USER}
                       ORDER BY o.id`;
const RANGES = {
  webhook_delivery: 'SELECT MIN(id) AS first, MAX(id) AS last FROM webhook_delivery',
  outbox: 'SELECT MIN(id) AS first, MAX(id) AS last FROM outbox',
};
const FORGET = `DELETE FROM webhook_delivery WHERE endpoint_id = ? LIMIT ${PIECE}`;
const LOG = `SELECT d.event_id AS eventId, d.topic, d.status, a.at, a.http_status AS httpStatus,
                    a.duration_ms AS durationMs, a.error
               FROM webhook_attempt a FORCE INDEX (PRIMARY)
               STRAIGHT_JOIN webhook_delivery d FORCE INDEX (PRIMARY) ON d.id = a.delivery_id
              WHERE a.id > (SELECT GREATEST(MAX(id), ${LOOKED_AT}) - ${LOOKED_AT} FROM webhook_attempt) AND d.endpoint_id = ?
              ORDER BY a.id DESC LIMIT ?`;

export interface AttemptRow {
  eventId: string;
  topic: string;
  status: 'PENDING' | 'DELIVERED' | 'FAILED';
  at: Date;
  httpStatus: number | null;
  durationMs: number;
  error: string | null;
}

/**
 * An endpoint's deliveries of that status, counted up to COUNTED, and the age of the oldest of them. A statement for each
 * endpoint: one for all of them could not stop counting.
 */
export async function backlogOf(
  on: SqlExecutor,
  endpointId: number,
  status: 'PENDING' | 'FAILED',
): Promise<{ deliveries: number; oldestAgeS: number }> {
  const [row] = await on.query<{ deliveries: number; oldestAgeS: number }>(BACKLOG, [endpointId, status]);
  return row ?? { deliveries: 0, oldestAgeS: 0 };
}

/** What was to be delivered to an endpoint, and what came of it. Each piece of work is a transaction. */
@scoped(Lifecycle.ContainerScoped)
export class DeliveryHistory {
  constructor(private readonly database: Database) {}

  /** Sends it again. @returns 1, or 0 when the endpoint has no such event */
  async replayEvent(endpointId: number, eventId: string): Promise<number> {
    return this.change(REPLAY_EVENT, [endpointId, eventId]);
  }

  /** Sends all that was given up again. @param onPiece how many, for each piece that is committed */
  async replayFailed(endpointId: number, onPiece: (count: number) => void): Promise<void> {
    let count = PIECE;
    while (count === PIECE) {
      count = await this.change(REPLAY_FAILED, [endpointId]);
      onPiece(count);
    }
  }

  /** The same for all of its events since then, with those that it has missed while it was disabled. */
  async replaySince(endpointId: number, since: Date, onPiece: (count: number) => void): Promise<void> {
    for (const [table, statement] of [
      ['webhook_delivery', REPLAY_SINCE],
      ['outbox', MISSED_SINCE],
    ] as const) {
      const [range] = await this.database.query<{ first: number | null; last: number | null }>(RANGES[table]);
      const last = range?.last ?? -1;
      for (let first = range?.first ?? 0; first <= last; first += PIECE)
        onPiece(await this.change(statement, [first, Math.min(first + PIECE - 1, last), endpointId, since]));
    }
  }

  /** Forgets all deliveries with their log. */
  async forget(endpointId: number): Promise<void> {
    while ((await this.change(FORGET, [endpointId])) === PIECE);
  }

  /** The newest calls, if they are among the newest LOOKED_AT of all endpoints. */
  async log(endpointId: number, limit: number): Promise<AttemptRow[]> {
    return this.database.query<AttemptRow>(LOG, [endpointId, limit]);
  }

  /** A transaction is repeated after a deadlock with a worker. @returns how many rows */
  private async change(statement: string, binds: SqlParam[]): Promise<number> {
    return this.database.transaction(async (tx) => (await tx.execute(statement, binds)).affectedRows);
  }
}
