import { inject, Lifecycle, scoped } from 'tsyringe';
import { OutboxHousekeeping } from '../outbox/housekeeping';
import { OutboxRelay } from '../outbox/delivery/relay';
import { NotificationHousekeeping } from './housekeeping';

interface Part {
  start(): void;
  stop(): Promise<void>;
}

/** The Kafka pipeline, or without KAFKA_BROKERS nothing. */
export const PIPELINE = Symbol('Pipeline');
export const NO_PIPELINE: Part = { start: () => undefined, stop: () => Promise.resolve() };

/** Delivers events and acts on them: through Kafka, or without KAFKA_BROKERS in this process. */
@scoped(Lifecycle.ContainerScoped)
export class NotificationWorker {
  /** In the order of start; stopped in reverse. */
  private readonly parts: Part[];

  constructor(
    @inject(PIPELINE) pipeline: Part,
    outboxHousekeeping: OutboxHousekeeping,
    notificationHousekeeping: NotificationHousekeeping,
    relay: OutboxRelay,
  ) {
    this.parts = [pipeline, outboxHousekeeping, notificationHousekeeping, relay];
  }

  /** Returns at once: Kafka and the database are waited for in the background. */
  start(): void {
    for (const part of this.parts) part.start();
  }

  /** Ends what is under way, leaves the rest to others; bounded by the time limits of one attempt and of Kafka. */
  async stop(): Promise<void> {
    for (const part of [...this.parts].reverse()) await part.stop();
  }
}
