import { Lifecycle, scoped } from 'tsyringe';
import type { SqlExecutor } from '../../platform/database/database';

const ADD = 'INSERT INTO webhook_endpoint (url, description, topics, secret) VALUES (?, ?, ?, ?)';
const LIST = `SELECT e.id, e.url, e.description, e.topics, e.created_at AS createdAt, e.failures,
                     e.failing_since AS failingSince, e.disabled_at AS disabledAt, e.disabled_reason AS disabledReason,
                     IF(e.previous_until > NOW(3), e.previous_until, NULL) AS previousUntil,
                     (SELECT COUNT(*) FROM webhook_delivery d
                       WHERE d.endpoint_id = e.id AND d.status = 'PENDING') AS pending,
                     (SELECT COUNT(*) FROM webhook_delivery d
                       WHERE d.endpoint_id = e.id AND d.status = 'FAILED') AS failed
                FROM webhook_endpoint e ORDER BY e.id`;
const REMOVE = 'DELETE FROM webhook_endpoint WHERE id = ?';
const ROTATE = `UPDATE webhook_endpoint
                   SET previous_secret = secret, previous_until = NOW(3) + INTERVAL ? HOUR, secret = ? WHERE id = ?`;
const LOCK_SECRETS =
  'SELECT id, url, secret, previous_secret AS previousSecret FROM webhook_endpoint ORDER BY id FOR UPDATE';
const STORE_SECRETS = 'UPDATE webhook_endpoint SET secret = ?, previous_secret = ? WHERE id = ?';
const ENABLE = `UPDATE webhook_endpoint
                   SET disabled_at = NULL, disabled_reason = NULL, failures = 0, failing_since = NULL, retry_at = NULL
                 WHERE id = ?`;
const REPLAY_EVENT = `UPDATE webhook_delivery SET status = 'PENDING', attempts = 0, next_attempt_at = NOW(3)
                       WHERE endpoint_id = ? AND event_id = ?`;
const REPLAY_FAILED = `UPDATE webhook_delivery SET status = 'PENDING', attempts = 0, next_attempt_at = NOW(3)
                        WHERE endpoint_id = ? AND status = 'FAILED'`;
const REPLAY_SINCE = `UPDATE webhook_delivery SET status = 'PENDING', attempts = 0, next_attempt_at = NOW(3)
                       WHERE endpoint_id = ? AND occurred_at >= ?`;
const MISSED_SINCE = `INSERT IGNORE INTO webhook_delivery
                        (endpoint_id, outbox_id, event_id, topic, partition_key, payload, occurred_at)
                      SELECT e.id, o.id, o.event_id, o.topic, o.partition_key, o.payload, o.created_at
                        FROM outbox o JOIN webhook_endpoint e ON e.id = ?
                             AND (e.topics IS NULL OR FIND_IN_SET(o.topic, e.topics) > 0)
                       WHERE o.created_at >= ? AND (o.delivered_at IS NOT NULL OR o.given_up_at IS NOT NULL)
                       ORDER BY o.id`;
const LOG = `SELECT d.event_id AS eventId, d.topic, d.status, a.at, a.http_status AS httpStatus,
                    a.duration_ms AS durationMs, a.error
               FROM webhook_delivery d JOIN webhook_attempt a ON a.delivery_id = d.id
              WHERE d.endpoint_id = ? ORDER BY a.id DESC LIMIT ?`;

export interface EndpointRow {
  id: number;
  url: string;
  description: string;
  topics: string | null;
  createdAt: Date;
  failures: number;
  failingSince: Date | null;
  disabledAt: Date | null;
  disabledReason: string | null;
  previousUntil: Date | null;
  pending: number;
  failed: number;
}

/** Secrets as they are stored. */
export interface StoredSecrets {
  id: number;
  url: string;
  secret: string;
  previousSecret: string | null;
}

export interface AttemptRow {
  eventId: string;
  topic: string;
  status: 'PENDING' | 'DELIVERED' | 'FAILED';
  at: Date;
  httpStatus: number | null;
  durationMs: number;
  error: string | null;
}

/** Endpoints, as those who manage them see them; what is delivered to them has its own repository. */
@scoped(Lifecycle.ContainerScoped)
export class EndpointRepository {
  async add(
    on: SqlExecutor,
    {
      url,
      description,
      topics,
      secret,
    }: Pick<EndpointRow, 'url' | 'description' | 'topics'> & { secret: string },
  ): Promise<number> {
    return (await on.execute(ADD, [url, description, topics, secret])).insertId;
  }

  list(on: SqlExecutor): Promise<EndpointRow[]> {
    return on.query<EndpointRow>(LIST);
  }

  /** With its deliveries and their log. */
  async remove(on: SqlExecutor, id: number): Promise<boolean> {
    return (await on.execute(REMOVE, [id])).affectedRows === 1;
  }

  /** Locks all endpoints. */
  lockSecrets(tx: SqlExecutor): Promise<StoredSecrets[]> {
    return tx.query<StoredSecrets>(LOCK_SECRETS);
  }

  async storeSecrets(tx: SqlExecutor, { id, secret, previousSecret }: StoredSecrets): Promise<void> {
    await tx.execute(STORE_SECRETS, [secret, previousSecret, id]);
  }

  /** @param secret as it is stored */
  async rotate(on: SqlExecutor, id: number, secret: string, keepHours: number): Promise<boolean> {
    return (await on.execute(ROTATE, [keepHours, secret, id])).affectedRows === 1;
  }

  async enable(on: SqlExecutor, id: number): Promise<void> {
    await on.execute(ENABLE, [id]);
  }

  async replayEvent(on: SqlExecutor, id: number, eventId: string): Promise<number> {
    return (await on.execute(REPLAY_EVENT, [id, eventId])).affectedRows;
  }

  async replayFailed(on: SqlExecutor, id: number): Promise<number> {
    return (await on.execute(REPLAY_FAILED, [id])).affectedRows;
  }

  /** All of its events since then, those that it has missed while it was disabled as well. */
  async replaySince(on: SqlExecutor, id: number, since: Date): Promise<number> {
    const again = await on.execute(REPLAY_SINCE, [id, since]);
    return again.affectedRows + (await on.execute(MISSED_SINCE, [id, since])).affectedRows;
  }

  /** The newest calls. */
  log(on: SqlExecutor, id: number, limit: number): Promise<AttemptRow[]> {
    return on.query<AttemptRow>(LOG, [id, limit]);
  }
}
