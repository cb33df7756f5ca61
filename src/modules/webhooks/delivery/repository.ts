import { Lifecycle, scoped } from 'tsyringe';
import { Database, type SqlExecutor } from '../../../platform/database/database';
import { shortened } from '../../outbox/errors';
import { backlogOf } from '../history';
import type { CallResult } from './sender';

/** Most deliveries taken in one read. */
export const BATCH = 20;
const PURGE_BATCH = 500;
const MAX_ERROR = 500;
const US_PER_S = 1_000_000;

// The first of each key only: a later event of a reservation never overtakes an earlier one.
const DUE = `SELECT d.id, d.event_id AS eventId, d.outbox_id AS outboxId, d.topic, d.partition_key AS partitionKey,
                    d.payload, d.traceparent, d.occurred_at AS occurredAt, d.attempts, e.url, e.secret, e.failures,
                    IF(e.previous_until > NOW(3), e.previous_secret, NULL) AS previousSecret,
                    UNIX_TIMESTAMP(NOW(3)) AS nowS
               FROM webhook_endpoint e
               JOIN webhook_delivery d ON d.endpoint_id = e.id AND d.status = 'PENDING'
                    AND d.next_attempt_at <= NOW(3)
              WHERE e.id = ? AND e.disabled_at IS NULL AND (e.retry_at IS NULL OR e.retry_at <= NOW(3))
                AND NOT EXISTS (SELECT 1 FROM webhook_delivery p
                                 WHERE p.endpoint_id = d.endpoint_id AND p.partition_key = d.partition_key
                                   AND p.status = 'PENDING' AND p.outbox_id < d.outbox_id)
              ORDER BY d.next_attempt_at, d.id LIMIT ${BATCH}`;
const LOG = 'INSERT INTO webhook_attempt (delivery_id, http_status, duration_ms, error) VALUES (?, ?, ?, ?)';
const DELIVERED = "UPDATE webhook_delivery SET status = 'DELIVERED', attempts = attempts + 1 WHERE id = ?";
const HEALTHY = `UPDATE webhook_endpoint SET failures = 0, failing_since = NULL, retry_at = NULL
                  WHERE id = ? AND failures > 0`;
const POSTPONED = `UPDATE webhook_delivery
                      SET attempts = attempts + 1, next_attempt_at = NOW(3) + INTERVAL ? MICROSECOND WHERE id = ?`;
const FOLLOWERS = `UPDATE webhook_delivery SET next_attempt_at = NOW(3) + INTERVAL ? MICROSECOND
                    WHERE endpoint_id = ? AND partition_key = ? AND status = 'PENDING' AND outbox_id > ?`;
const FAILED = "UPDATE webhook_delivery SET status = 'FAILED', attempts = attempts + 1 WHERE id = ?";
const FAILING = `UPDATE webhook_endpoint
                    SET failures = failures + 1, failing_since = COALESCE(failing_since, NOW(3)),
                        retry_at = NOW(3) + INTERVAL ? MICROSECOND
                  WHERE id = ?`;
const GONE = `UPDATE webhook_endpoint SET disabled_at = NOW(3), disabled_reason = 'it answered 410 Gone'
               WHERE id = ? AND disabled_at IS NULL`;
const HOPELESS = `UPDATE webhook_endpoint
                     SET disabled_at = NOW(3), disabled_reason = CONCAT('failing since ', failing_since, ' UTC')
                   WHERE id = ? AND disabled_at IS NULL AND failing_since < NOW(3) - INTERVAL ? HOUR`;
const ENABLED = 'SELECT id FROM webhook_endpoint WHERE disabled_at IS NULL ORDER BY id';
const STATES = `SELECT id, IF(disabled_at IS NOT NULL, 'disabled', IF(failures > 0, 'failing', 'ok')) AS state
                  FROM webhook_endpoint`;
/** A delivery that was sent again lately stays with the log of its calls. */
const PURGE = `DELETE FROM webhook_delivery
                WHERE status = ? AND created_at < NOW(3) - INTERVAL ? DAY
                  AND NOT EXISTS (SELECT 1 FROM webhook_attempt a
                                   WHERE a.delivery_id = webhook_delivery.id AND a.at >= NOW(3) - INTERVAL ? DAY)
                LIMIT ${PURGE_BATCH}`;

export interface DueDelivery {
  id: number;
  eventId: string;
  outboxId: number;
  topic: string;
  partitionKey: string;
  /** JSON. */
  payload: string;
  /** Of the request that has caused the event, if that is traced. */
  traceparent: string | null;
  occurredAt: Date;
  /** Failed ones so far. */
  attempts: number;
  url: string;
  secret: string;
  /** Signs as well. */
  previousSecret: string | null;
  /** Failed calls of the endpoint in a row. */
  failures: number;
  /** The database's clock. */
  nowS: number;
}

export interface EndpointState {
  id: number;
  state: 'ok' | 'failing' | 'disabled';
  /** Counted up to 100,000. */
  pending: number;
  oldestAgeS: number;
}

/**
 * Locks are taken in the order endpoint → delivery, as the removal of an endpoint takes them.
 * Deliveries: PENDING → DELIVERED, or after MAX_ATTEMPTS failed ones FAILED.
 */
@scoped(Lifecycle.ContainerScoped)
export class DeliveryRepository {
  constructor(private readonly database: Database) {}

  async enabledEndpoints(): Promise<number[]> {
    return (await this.database.query<{ id: number }>(ENABLED)).map(({ id }) => id);
  }

  /** Of each key the first delivery, if its time has come; none while the endpoint is left alone. */
  due(endpointId: number): Promise<DueDelivery[]> {
    return this.database.query<DueDelivery>(DUE, [endpointId]);
  }

  async recordSuccess(endpointId: number, deliveryId: number, result: CallResult): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.execute(HEALTHY, [endpointId]);
      const { affectedRows } = await tx.execute(DELIVERED, [deliveryId]);
      if (affectedRows === 1) await this.log(tx, deliveryId, result); // else it was removed meanwhile
    });
  }

  /** @param pauseS until the next attempt; undefined: there is none @param endpointPauseS until any other of the endpoint */
  async recordFailure(
    endpointId: number,
    { id, partitionKey, outboxId }: DueDelivery,
    result: CallResult,
    { pauseS, endpointPauseS }: { pauseS: number | undefined; endpointPauseS: number },
  ): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.execute(FAILING, [Math.round(endpointPauseS * US_PER_S), endpointId]);
      const us = Math.round((pauseS ?? 0) * US_PER_S);
      const { affectedRows } =
        pauseS === undefined ? await tx.execute(FAILED, [id]) : await tx.execute(POSTPONED, [us, id]);
      if (affectedRows === 0) return; // removed meanwhile
      await this.log(tx, id, result);
      if (pauseS !== undefined) await tx.execute(FOLLOWERS, [us, endpointId, partitionKey, outboxId]);
    });
  }

  /** Disables an endpoint that answered 410, or that has failed for that long. @returns whether it was disabled */
  async disableIfHopeless(endpointId: number, isGone: boolean, afterHours: number): Promise<boolean> {
    const { affectedRows } = isGone
      ? await this.database.execute(GONE, [endpointId])
      : await this.database.execute(HOPELESS, [endpointId, afterHours]);
    return affectedRows === 1;
  }

  async states(): Promise<EndpointState[]> {
    const states = [];
    for (const row of await this.database.query<Pick<EndpointState, 'id' | 'state'>>(STATES)) {
      const { deliveries: pending, oldestAgeS } = await backlogOf(this.database, row.id, 'PENDING');
      states.push({ ...row, pending, oldestAgeS });
    }
    return states;
  }

  /** Forgets a batch of deliveries that were made, and last called, more than `days` ago. @returns whether there may be more */
  async purge(days: number): Promise<boolean> {
    let isFull = false;
    for (const status of ['DELIVERED', 'FAILED']) {
      const { affectedRows } = await this.database.execute(PURGE, [status, days, days]);
      isFull ||= affectedRows === PURGE_BATCH;
    }
    return isFull;
  }

  private async log(tx: SqlExecutor, id: number, { status, durationMs, error }: CallResult): Promise<void> {
    const text = error === undefined ? null : shortened(error, MAX_ERROR);
    await tx.execute(LOG, [id, status ?? null, durationMs, text]);
  }
}
