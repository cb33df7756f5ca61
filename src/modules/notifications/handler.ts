import { inject, Lifecycle, scoped } from 'tsyringe';
import { DisplayTime } from '../../common/calendar/display-time';
import { CONFIG, type Config } from '../../config/config';
import { notifierMs } from '../../config/database-times';
import { Database } from '../../platform/database/database';
import { OutboxMetrics } from '../outbox/metrics';
import { MalformedEvent } from '../outbox/errors';
import type { EventHandler, IncomingEvent } from '../outbox/event';
import { Topics } from '../outbox/topics';
import { NotifyFailed } from './errors';
import { toNotification } from './message';
import { type Notification, type Notifier, NOTIFIER } from './notifier';
import { NotificationRepository } from './repository';

/** Notifies a user about an event once, however often it comes. Knows neither Kafka nor how the outbox delivers. */
@scoped(Lifecycle.ContainerScoped)
export class NotificationHandler implements EventHandler {
  private readonly notifierLimitMs: number;

  constructor(
    private readonly database: Database,
    private readonly notifications: NotificationRepository,
    @inject(NOTIFIER) private readonly notifier: Notifier,
    private readonly topics: Topics,
    private readonly time: DisplayTime,
    private readonly metrics: OutboxMetrics,
    @inject(CONFIG) config: Config,
  ) {
    this.notifierLimitMs = notifierMs(config);
  }

  /**
   * The row that remembers the event and the act of notifying are one transaction: either both, or a new try. Only a
   * crash between the two makes a notifier get an event twice.
   * @throws MalformedEvent, NotifyFailed, DatabaseUnavailable (says nothing about the event)
   */
  async handle(event: IncomingEvent): Promise<void> {
    const kind = this.topics.kindOf(event.topic);
    if (kind === undefined) throw new MalformedEvent(`nothing is known of the topic ${event.topic}`);
    const notification = toNotification(kind, event, this.time);
    const kept = await this.database.transaction(async (tx) => {
      const result = await this.notifications.insert(tx, notification);
      if (result === 'new') await this.notify(notification);
      return result;
    });
    this.metrics.events.inc({ topic: event.topic, result: kept === 'new' ? 'notified' : kept });
  }

  /** Ends well before the transaction's time limit, which would look like a failure of the database. */
  private async notify(notification: Notification): Promise<void> {
    const limit = new AbortController();
    const ms = this.notifierLimitMs;
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
