import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailable } from '../../platform/database/database';
import type { Logger } from '../../platform/observability/logger';
import type { OutboxMetrics } from '../outbox/metrics';
import { MalformedEvent, textOf } from './errors';
import type { NotificationHandler } from './handler';
import type { OutboxEvent, OutboxRepository } from '../outbox/repository';
import type { Destination } from '../outbox/relay';
import type { RetryPolicy } from '../outbox/retry-policy';

/** Events handled at once; each takes a database connection. */
const LANES = 4;

/**
 * Without Kafka: hands events to the handlers of this process, with the promise that Kafka's consumer gives. The DLQ
 * is `next_try_at`, the permanent one `given_up_at`.
 */
export class InProcessDestination implements Destination {
  readonly ready = true;

  constructor(
    private readonly handler: NotificationHandler,
    private readonly outbox: OutboxRepository,
    private readonly policy: RetryPolicy,
    private readonly stopping: AbortSignal,
    private readonly metrics: OutboxMetrics,
    private readonly logger: Logger,
  ) {}

  async deliver(events: OutboxEvent[], mayGoOn: () => Promise<boolean>): Promise<number[]> {
    const left = events.values();
    const handled: number[] = [];
    const goOn = async (): Promise<boolean> => !this.stopping.aborted && (await mayGoOn());
    const lane = async (): Promise<void> => {
      for (const event of left) {
        if (!(await goOn())) return;
        if (await this.handle(event, goOn)) handled.push(event.id);
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
    const failure = lanes.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (failure === undefined) return handled;
    // Marked here, since the relay hears of the failure only; unmarked ones would be recognised as duplicates.
    await this.outbox.markDelivered(handled);
    throw failure.reason;
  }

  /** @returns whether the event is done with. @throws DatabaseUnavailable: nothing can be said about the event */
  private async handle(event: OutboxEvent, goOn: () => Promise<boolean>): Promise<boolean> {
    for (let attempts = event.attempts + 1; ; attempts++) {
      try {
        await this.handler.handle(event);
        return true;
      } catch (error) {
        if (error instanceof DatabaseUnavailable) throw error;
        if (!(await this.failed(event, attempts, error))) return false;
      }
      await sleep(this.policy.backoffMs(attempts), undefined, { signal: this.stopping }).catch(
        () => undefined,
      );
      if (!(await goOn())) return false;
    }
  }

  /** @returns whether to try again after the backoff */
  private async failed(event: OutboxEvent, attempts: number, error: unknown): Promise<boolean> {
    const { id, topic, eventId } = event;
    const next = error instanceof MalformedEvent ? 'give up' : this.policy.after(attempts);
    const about = { err: error, topic, eventId, attempts };
    this.metrics.events.inc({ topic, result: 'failed' });
    if (next === 'again') {
      await this.outbox.failed(id, attempts, textOf(error));
      return true;
    }
    if (next === 'dlq') {
      await this.outbox.postpone(id, attempts, textOf(error), this.policy.dlqPauseMs);
      this.metrics.events.inc({ topic, result: 'dlq' });
      this.logger.warn(about, 'event postponed');
    } else {
      await this.outbox.giveUp(eventId, attempts, textOf(error));
      this.metrics.events.inc({ topic, result: 'given_up' });
      this.logger.error(about, 'event given up: see given_up_at in the outbox');
    }
    return false;
  }
}
