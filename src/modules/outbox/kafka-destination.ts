import { KafkaAway, type KafkaProducer } from '../../platform/kafka';
import type { OutboxMetrics } from './metrics';
import { EVENT_ID } from '../notifications/headers';
import type { OutboxEvent } from './repository';
import type { Destination } from './relay';

/** Events become messages: key = partition key, value = payload, header `event-id`. */
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
      if (error instanceof KafkaAway) return []; // logged once by the link; taken again when it is back
      throw error;
    }
    for (const { topic } of events) this.metrics.events.inc({ topic, result: 'relayed' });
    return events.map(({ id }) => id);
  }
}
