import { Lifecycle, scoped } from 'tsyringe';
import { KafkaProducer, KafkaUnavailable } from '../../platform/kafka';
import type { Destination } from './destination';
import { EVENT_ID } from './headers';
import { OutboxMetrics } from './metrics';
import type { OutboxEvent } from './repository';

/** Events become messages: key = partition key, value = payload, header `event-id`. */
@scoped(Lifecycle.ContainerScoped)
export class KafkaDestination implements Destination {
  constructor(
    private readonly producer: KafkaProducer,
    private readonly metrics: OutboxMetrics,
  ) {}

  get ready(): boolean {
    return this.producer.ready;
  }

  async deliver(events: OutboxEvent[]): Promise<number[]> {
    const messages = events.map(({ eventId, topic, partitionKey, payload }) => ({
      topic,
      key: partitionKey,
      value: payload,
      headers: { [EVENT_ID]: eventId },
    }));
    try {
      await this.producer.send(messages);
    } catch (error) {
      if (error instanceof KafkaUnavailable) return []; // its status is logged once; the events are taken again
      throw error;
    }
    for (const { topic } of events) this.metrics.events.inc({ topic, result: 'relayed' });
    return events.map(({ id }) => id);
  }

  interrupt(): void {
    // A send takes at most a few seconds: it is waited for.
  }
}
