import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseUnavailable } from '../../platform/database/database';
import { type IncomingMessage, KafkaAway, type KafkaProducer, type Verdict } from '../../platform/kafka';
import type { Logger } from '../../platform/observability/logger';
import type { OutboxMetrics } from '../outbox/metrics';
import { MalformedEvent, textOf } from './errors';
import type { NotificationHandler } from './handler';
import { attemptsOf, EVENT_ID, failedHeaders } from './headers';
import { isEventId } from './message';
import type { OutboxRepository } from '../outbox/repository';
import type { RetryPolicy } from '../outbox/retry-policy';
import type { Topics } from '../outbox/topics';

/** Before a message is tried again that could not be tried, or not be moved. */
const NOT_NOW_MS = 1_000;

/**
 * What becomes of a message: topic → (tries, a short backoff between) → DLQ → (one try each EVENT_DLQ_RETRY_DELAY_MS, moving
 * to the DLQ's end) → permanent DLQ. A message leaves a topic when it is handled or safe in the next one, not before.
 * A database that is away says nothing about a message: it stays where it is and no try is counted.
 */
export class NotificationConsumer {
  constructor(
    private readonly handler: NotificationHandler,
    private readonly producer: KafkaProducer,
    private readonly outbox: OutboxRepository,
    private readonly topics: Topics,
    private readonly policy: RetryPolicy,
    private readonly metrics: OutboxMetrics,
    private readonly logger: Logger,
  ) {}

  /** A message of a main topic. */
  async fresh(message: IncomingMessage, stopping: AbortSignal): Promise<Verdict> {
    for (let failures = 0; ;) {
      const verdict = await this.attempt(message, failures);
      if (verdict !== 'again') return verdict;
      failures += 1;
      await sleep(this.policy.backoffMs(failures), undefined, { signal: stopping }).catch(() => undefined);
      if (stopping.aborted) return { waitMs: 0 }; // not done: another member begins anew
    }
  }

  /** A message of a DLQ. Those behind it were written later, so none of them is due before it. */
  async parked(message: IncomingMessage): Promise<Verdict> {
    const waitMs = this.policy.dlqPauseMs - message.ageMs;
    if (waitMs > 0) return { waitMs };
    const failures = Math.max(attemptsOf(message, this.policy.firstTries), this.policy.firstTries);
    const verdict = await this.attempt(message, failures);
    return verdict === 'again' ? 'done' : verdict;
  }

  /** One try. @param failures those before it. @returns `again` when another of the first tries is left */
  private async attempt(message: IncomingMessage, failures: number): Promise<Verdict | 'again'> {
    try {
      await this.handler.handle({
        eventId: message.headers[EVENT_ID] ?? '',
        topic: this.topics.mainOf(message.topic),
        payload: message.value?.toString() ?? '',
      });
      return 'done';
    } catch (error) {
      if (error instanceof DatabaseUnavailable) return { waitMs: NOT_NOW_MS };
      return this.failed(message, failures + 1, error);
    }
  }

  private async failed(
    message: IncomingMessage,
    attempts: number,
    error: unknown,
  ): Promise<Verdict | 'again'> {
    const next = error instanceof MalformedEvent ? 'give up' : this.policy.after(attempts);
    this.count(message, 'failed');
    if (next === 'again') return 'again';
    const toDlq = next === 'dlq';
    const topic = toDlq ? this.topics.dlqOf(message.topic) : this.topics.permanentOf(message.topic);
    const headers = failedHeaders(message, error, attempts);
    const eventId = headers[EVENT_ID] ?? '';
    try {
      await this.producer.send([{ topic, key: message.key, value: message.value, headers }]);
      // Later events of its key wait for it no longer.
      if (!toDlq && isEventId(eventId)) await this.outbox.giveUp(eventId, attempts, textOf(error));
    } catch (failure) {
      if (failure instanceof KafkaAway || failure instanceof DatabaseUnavailable)
        return { waitMs: NOT_NOW_MS };
      throw failure;
    }
    this.count(message, toDlq ? 'dlq' : 'given_up');
    const about = { err: error, topic, eventId, attempts };
    if (toDlq) this.logger.warn(about, 'event moved to the DLQ');
    else this.logger.error(about, 'event given up: it is in the permanent DLQ');
    return 'done';
  }

  private count(message: IncomingMessage, result: string): void {
    this.metrics.events.inc({ topic: this.topics.mainOf(message.topic), result });
  }
}
