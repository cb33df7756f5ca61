import { Lifecycle, scoped } from 'tsyringe';
import type { SqlExecutor } from '../../platform/database/database';

const ADD = 'INSERT INTO webhook_endpoint (url, description, topics, secret) VALUES (?, ?, ?, ?)';
const LIST = `SELECT e.id, e.url, e.description, e.topics, e.created_at AS createdAt, e.failures,
                     e.failing_since AS failingSince, e.disabled_at AS disabledAt, e.disabled_reason AS disabledReason,
                     IF(e.previous_until > NOW(3), e.previous_until, NULL) AS previousUntil
                FROM webhook_endpoint e ORDER BY e.id`;
const DISABLE = `UPDATE webhook_endpoint
                    SET disabled_at = COALESCE(disabled_at, NOW(3)), disabled_reason = ? WHERE id = ?`;
const REMOVE = 'DELETE FROM webhook_endpoint WHERE id = ?';
const ROTATE = `UPDATE webhook_endpoint
                   SET previous_secret = secret, previous_until = NOW(3) + INTERVAL ? HOUR, secret = ? WHERE id = ?`;
const LOCK_SECRETS =
  'SELECT id, url, secret, previous_secret AS previousSecret FROM webhook_endpoint ORDER BY id FOR UPDATE';
const STORE_SECRETS = 'UPDATE webhook_endpoint SET secret = ?, previous_secret = ? WHERE id = ?';
const ENABLE = `UPDATE webhook_endpoint
                   SET disabled_at = NULL, disabled_reason = NULL, failures = 0, failing_since = NULL, retry_at = NULL
                 WHERE id = ?`;
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
}

/** Secrets as they are stored. */
export interface StoredSecrets {
  id: number;
  url: string;
  secret: string;
  previousSecret: string | null;
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

  /** No more is kept for it, and no call is begun. @returns whether it exists */
  async disable(on: SqlExecutor, id: number, reason: string): Promise<boolean> {
    return (await on.execute(DISABLE, [reason, id])).affectedRows === 1;
  }

  /** With the deliveries that are left, and their log. */
  async remove(on: SqlExecutor, id: number): Promise<void> {
    await on.execute(REMOVE, [id]);
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
}
