import { Lifecycle, scoped } from 'tsyringe';
import { DatabaseUnavailable } from '../../platform/database/database';
import {
  type IncomingMessage,
  KafkaProducer,
  KafkaUnavailable,
  type MessageOutcome,
} from '../../platform/kafka';
import { EventAttempts, type FailedAttempt, type FailedEventStore } from '../outbox/delivery/attempts';
import { describeFailure } from '../outbox/errors';
import { isEventId } from '../outbox/event';
import { attemptsOf, EVENT_ID, failedHeaders, TRACEPARENT } from '../outbox/delivery/headers';
import { OutboxRepository } from '../outbox/repository';
import { RetryPolicy } from '../outbox/delivery/retry-policy';
import { Topics } from '../outbox/topics';

/** Before a message is tried again that could not be tried, or not be moved. */
const STORE_UNAVAILABLE_PAUSE_MS = 1_000;

/**
 * What becomes of a message: topic → (attempts, a short backoff between) → DLQ → (one attempt each
 * EVENT_DLQ_RETRY_DELAY_MS, moving to the DLQ's end) → permanent DLQ. A message leaves a topic when it is handled or
 * safe in the next one, not before. A database that is away says nothing about a message: it stays where it is and no
 * attempt is counted.
 */
@scoped(Lifecycle.ContainerScoped)
export class NotificationConsumer {
  constructor(
    private readonly attempts: EventAttempts,
    private readonly producer: KafkaProducer,
    private readonly outbox: OutboxRepository,
    private readonly topics: Topics,
    private readonly policy: RetryPolicy,
  ) {}

  /** A message of a main topic. */
  async handleFresh(message: IncomingMessage, stopping: AbortSignal): Promise<MessageOutcome> {
    return this.handle(message, 0, stopping);
  }

  /** A message of a DLQ. Those behind it were written later, so none of them is due before it. */
  async handleParked(message: IncomingMessage, stopping: AbortSignal): Promise<MessageOutcome> {
    const waitMs = this.policy.dlqDelayMs - message.ageMs;
    if (waitMs > 0) return { waitMs };
    const { firstAttempts } = this.policy;
    return this.handle(message, Math.max(attemptsOf(message, firstAttempts), firstAttempts), stopping);
  }

  /** @param attempts failed ones before */
  private async handle(
    message: IncomingMessage,
    attempts: number,
    stopping: AbortSignal,
  ): Promise<MessageOutcome> {
    const event = {
      eventId: message.headers[EVENT_ID] ?? '',
      topic: this.topics.mainOf(message.topic),
      payload: message.value?.toString() ?? '',
      traceparent: message.headers[TRACEPARENT] ?? null,
    };
    const options = { mayGoOn: () => Promise.resolve(!stopping.aborted), stopping };
    try {
      const result = await this.attempts.handle(event, attempts, this.failedStore(message), options);
      return result === 'interrupted' ? { waitMs: 0 } : 'done'; // interrupted: another member of the group starts over
    } catch (error) {
      if (error instanceof DatabaseUnavailable || error instanceof KafkaUnavailable)
        return { waitMs: STORE_UNAVAILABLE_PAUSE_MS };
      throw error;
    }
  }

  private failedStore(message: IncomingMessage): FailedEventStore {
    const send = async (topic: string, { attempts, error }: FailedAttempt): Promise<void> => {
      const headers = failedHeaders(message, error, attempts);
      await this.producer.send([{ topic, key: message.key, value: message.value, headers }]);
    };
    return {
      messages: {
        dlq: 'event moved to the DLQ',
        givenUp: 'event given up: it is in the permanent DLQ',
      },
      recordFailure: () => Promise.resolve(), // Kafka keeps the message where it is
      moveToDlq: (failure) => send(this.topics.dlqOf(message.topic), failure),
      giveUp: async (failure) => {
        await send(this.topics.permanentOf(message.topic), failure);
        const eventId = message.headers[EVENT_ID] ?? '';
        // From now on later events of its key no longer wait for it.
        if (isEventId(eventId))
          await this.outbox.giveUp(eventId, failure.attempts, describeFailure(failure.error));
      },
    };
  }
}
