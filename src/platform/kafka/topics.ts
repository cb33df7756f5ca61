import type { Kafka } from 'kafkajs';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { KAFKA } from './client';

const PARTITIONS = 3;
const BROKERS_DEFAULT = -1;

export const KAFKA_TOPICS = Symbol('KafkaTopics');

/** The topics that must exist before anything is sent or read. */
@scoped(Lifecycle.ContainerScoped)
export class KafkaTopics {
  private ensured: Promise<void> | undefined;

  constructor(
    @inject(KAFKA) private readonly kafka: Kafka,
    @inject(KAFKA_TOPICS) private readonly names: string[],
  ) {}

  /** Creates those that do not exist, once for all callers. @throws when Kafka cannot be reached, or refuses */
  ensure(): Promise<void> {
    this.ensured ??= this.create().catch((error: unknown) => {
      this.ensured = undefined;
      throw error;
    });
    return this.ensured;
  }

  private async create(): Promise<void> {
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      // Asked first: where topics are made by someone else, this process may lack the right to create any.
      const existing = new Set(await admin.listTopics());
      const missing = this.names.filter((topic) => !existing.has(topic));
      if (missing.length === 0) return;
      await admin.createTopics({
        topics: missing.map((topic) => ({
          topic,
          numPartitions: PARTITIONS,
          replicationFactor: BROKERS_DEFAULT,
        })),
      });
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}
