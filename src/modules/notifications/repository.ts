import { Lifecycle, scoped } from 'tsyringe';
import { isDuplicateKey, type SqlExecutor } from '../../platform/database/database';
import type { Notification } from './notifier';

const INSERT = `
  INSERT INTO notification (event_id, topic, user_id, message) VALUES (?, ?, ?, ?)
  RETURNING EXISTS (SELECT 1 FROM rehearsal h
                     WHERE notification.user_id BETWEEN h.first_user_id AND h.first_user_id + h.user_count - 1) AS isTestUser`;
const PURGE_BATCH = 500;

/** An event that is still in the outbox may come again, and its delivery is checked against its notification (I5). */
const PURGE = `DELETE FROM notification
                WHERE sent_at < NOW(3) - INTERVAL ? DAY
                  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.event_id = notification.event_id)
                LIMIT ${PURGE_BATCH}`;

@scoped(Lifecycle.ContainerScoped)
export class NotificationRepository {
  /**
   * Remembers that an event is acted upon in this transaction. While another transaction does the same it waits for
   * that one's end. @returns 'duplicate' when the event was acted upon before, 'rehearsed' for a test user of a
   * rehearsal, who cannot be notified
   */
  async insert(
    tx: SqlExecutor,
    { eventId, topic, userId, message }: Notification,
  ): Promise<'new' | 'duplicate' | 'rehearsed'> {
    try {
      const [row] = await tx.query<{ isTestUser: 0 | 1 }>(INSERT, [eventId, topic, userId, message]);
      return row?.isTestUser === 1 ? 'rehearsed' : 'new';
    } catch (error) {
      if (isDuplicateKey(error)) return 'duplicate';
      throw error;
    }
  }

  /** Forgets a batch of events that were acted upon more than `days` ago. @returns whether there may be more */
  async purge(on: SqlExecutor, days: number): Promise<boolean> {
    return (await on.execute(PURGE, [days])).affectedRows === PURGE_BATCH;
  }
}
