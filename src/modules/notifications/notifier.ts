import type { Logger } from '../../platform/observability/logger';
import type { Span } from '../../platform/observability/traces/span';
import { NO_TRACES, type Tracer } from '../../platform/observability/traces/tracer';
import { traceParentOf } from '../../platform/observability/traces/traceparent';

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
    private readonly tracer: Tracer = NO_TRACES,
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
    const span = this.tracer.child('notify', {
      kind: 'client',
      attributes: { 'http.request.method': 'POST' },
    });
    await this.tracer.ending(span, () => this.post(notification, span, signal));
  }

  private async post(
    notification: Notification,
    span: Span | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    const inTime = AbortSignal.timeout(this.timeoutMs);
    const response = await fetch(this.url, {
      method: 'POST',
      headers: {
        ...this.headers,
        'idempotency-key': notification.eventId,
        ...(span !== undefined && { traceparent: traceParentOf(span.context) }),
      },
      body: JSON.stringify(notification),
      redirect: 'manual',
      signal: signal === undefined ? inTime : AbortSignal.any([signal, inTime]),
    });
    await response.body?.cancel(); // of no interest, and of any length
    if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
  }
}
