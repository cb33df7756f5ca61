import type { Logger } from '../../platform/observability/logger';

export interface Notification {
  /** UUID of the event; the same event is always the same notification. */
  eventId: string;
  topic: string;
  userId: number;
  reservationId: number;
  /** For the user, at most 500 characters. */
  message: string;
}

/** Notifies a user. The same notification may come twice after a crash: `eventId` is what it is known by. */
export interface Notifier {
  /**
   * @param signal aborts when the caller waits no longer; the try then counts as failed
   * @throws anything: the event is tried again
   */
  notify(notification: Notification, signal?: AbortSignal): Promise<void>;
}

export const NOTIFIER = Symbol('Notifier');

/** Writes notifications to the log. */
export class LogNotifier implements Notifier {
  constructor(private readonly logger: Logger) {}

  notify(notification: Notification): Promise<void> {
    this.logger.info({ notification }, 'notification');
    return Promise.resolve();
  }
}

/** Posts notifications as JSON. Anything but a 2xx in time is a failure; redirects are not followed. */
export class WebhookNotifier implements Notifier {
  private readonly url: string;
  private readonly headers: Record<string, string> = { 'content-type': 'application/json' };

  constructor(
    url: string,
    private readonly timeoutMs: number,
  ) {
    const target = new URL(url);
    if (target.username !== '' || target.password !== '') {
      // fetch refuses credentials in a URL
      const credentials = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`;
      this.headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
      target.username = target.password = '';
    }
    this.url = target.href;
  }

  async notify(notification: Notification, signal?: AbortSignal): Promise<void> {
    const inTime = AbortSignal.timeout(this.timeoutMs);
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { ...this.headers, 'idempotency-key': notification.eventId },
      body: JSON.stringify(notification),
      redirect: 'manual',
      signal: signal === undefined ? inTime : AbortSignal.any([signal, inTime]),
    });
    await response.body?.cancel(); // of no interest, and of any length
    if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
  }
}
