import type { DisplayTime } from '../../common/display-time';
import type { Database } from '../../platform/database/database';
import type { OutboxMetrics } from '../outbox/metrics';
import { MalformedEvent, NotifyFailed } from './errors';
import { type IncomingEvent, toNotification } from './message';
import type { Notification, Notifier } from './notifier';
import type { NotificationRepository } from './repository';
import type { Topics } from '../outbox/topics';

/** Share of the time limit of a transaction that the notifier may use. */
const NOTIFIER_SHARE = 0.8;

/** Acts upon an event once, however often it comes. Knows neither Kafka nor the outbox. */
export class NotificationHandler {
  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationRepository,
    private readonly notifier: Notifier,
    private readonly topics: Topics,
    private readonly time: DisplayTime,
    private readonly databaseTimeoutMs: number,
    private readonly metrics: OutboxMetrics,
  ) {}

  /**
   * The row that remembers the event and the act of notifying are one transaction: either both, or a new try. Only a
   * crash between the two makes a notifier hear of an event twice.
   * @throws MalformedEvent, NotifyFailed, DatabaseUnavailable (says nothing about the event)
   */
  async handle(event: IncomingEvent): Promise<void> {
    const kind = this.topics.kindOf(event.topic);
    if (kind === undefined) throw new MalformedEvent(`nothing is known of the topic ${event.topic}`);
    const notification = toNotification(kind, event, this.time);
    const isNew = await this.database.transaction(async (tx) => {
      if (!(await this.notifications.insert(tx, notification))) return false;
      await this.notify(notification);
      return true;
    });
    this.metrics.events.inc({ topic: event.topic, result: isNew ? 'notified' : 'duplicate' });
  }

  /** Ends well before the transaction's time limit, which would look like a failure of the database. */
  private async notify(notification: Notification): Promise<void> {
    const limit = new AbortController();
    const ms = this.databaseTimeoutMs * NOTIFIER_SHARE;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        limit.abort();
        reject(new Error(`the notifier took longer than ${ms} ms`));
      }, ms);
    });
    try {
      await Promise.race([this.notifier.notify(notification, limit.signal), late]);
    } catch (error) {
      throw new NotifyFailed(error);
    } finally {
      clearTimeout(timer);
    }
  }
}
