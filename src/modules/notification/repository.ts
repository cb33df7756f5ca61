import { isDuplicateKey, type Statements } from '../../infra/database';
import type { Notification } from './notifier';

const INSERT = 'INSERT INTO notification (event_id, topic, user_id, message) VALUES (?, ?, ?, ?)';

export class NotificationRepository {
  /**
   * Remembers that an event is acted upon in this transaction. While another transaction does the same it waits for
   * that one's end. @returns false when the event was acted upon before
   */
  async insert(tx: Statements, { eventId, topic, userId, message }: Notification): Promise<boolean> {
    try {
      await tx.run(INSERT, [eventId, topic, userId, message]);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }
}
