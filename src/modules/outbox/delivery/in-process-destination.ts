import { Lifecycle, scoped } from 'tsyringe';
import { EventAttempts, type FailedEventStore } from './attempts';
import type { Destination } from './destination';
import { describeFailure } from '../errors';
import { type OutboxEvent, OutboxRepository } from '../repository';
import { RetryPolicy } from './retry-policy';

/** Events handled concurrently; each takes a database connection. */
const LANES = 4;

/**
 * Without Kafka: hands events to the handler in this process, with the guarantees that Kafka's consumer gives. The DLQ
 * is `next_try_at`, the permanent one `given_up_at`.
 */
@scoped(Lifecycle.ContainerScoped)
export class InProcessDestination implements Destination {
  readonly ready = true;
  private readonly stopping = new AbortController();

  constructor(
    private readonly attempts: EventAttempts,
    private readonly outbox: OutboxRepository,
    private readonly policy: RetryPolicy,
  ) {}

  async deliver(events: OutboxEvent[], mayGoOn: () => Promise<boolean>): Promise<number[]> {
    const left = events.values();
    const handled: number[] = [];
    const goOn = async (): Promise<boolean> => !this.stopping.signal.aborted && (await mayGoOn());
    const lane = async (): Promise<void> => {
      for (const event of left) {
        if (!(await goOn())) return;
        const options = { mayGoOn: goOn, stopping: this.stopping.signal };
        const result = await this.attempts.handle(event, event.attempts, this.failedStore(event), options);
        if (result === 'handled') handled.push(event.id);
      }
    };
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane));
    const failure = lanes.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
    if (failure === undefined) return handled;
    // Marked here, since the relay learns only of the failure; unmarked ones would be recognised as duplicates.
    await this.outbox.markDelivered(handled);
    throw failure.reason;
  }

  interrupt(): void {
    this.stopping.abort();
  }

  private failedStore({ id, eventId }: OutboxEvent): FailedEventStore {
    return {
      messages: { dlq: 'event postponed', givenUp: 'event given up: see given_up_at in the outbox' },
      recordFailure: ({ attempts, error }) => this.outbox.recordFailure(id, attempts, describeFailure(error)),
      moveToDlq: ({ attempts, error }) =>
        this.outbox.postpone(id, attempts, describeFailure(error), this.policy.dlqDelayMs),
      giveUp: ({ attempts, error }) => this.outbox.giveUp(eventId, attempts, describeFailure(error)),
    };
  }
}
