import type { KafkaReader } from '../../platform/kafka';
import { EVENT_ID } from '../outbox/delivery/headers';
import type { Topics } from '../outbox/topics';

/** Where Kafka has an event that has not acted yet: to be read, in the DLQ to be retried, or given up. */
export type Whereabouts = 'waiting' | 'in the DLQ' | 'given up';

/** Where Kafka has the events. */
export class EventsInKafka {
  constructor(
    private readonly reader: KafkaReader,
    private readonly topics: Topics,
  ) {}

  /** @returns topics that do not exist @throws when Kafka cannot be reached */
  missingTopics(): Promise<string[]> {
    return this.reader.missing(this.topics.all);
  }

  /** @returns by event id; an event that has been moved on is where it came last @throws when Kafka cannot be reached */
  async whereabouts(): Promise<Map<string, Whereabouts>> {
    const { groups, main } = this.topics;
    const found = new Map<string, Whereabouts>();
    const put = (messages: { headers: Record<string, string> }[], where: Whereabouts): void => {
      for (const { headers } of messages) found.set(headers[EVENT_ID] ?? '', where);
    };
    put(await this.reader.undone(groups.main), 'waiting');
    put(await this.reader.undone(groups.dlq), 'in the DLQ');
    put(await this.reader.all(main.map((topic) => this.topics.permanentOf(topic))), 'given up');
    return found;
  }
}
