import type { Kafka } from 'kafkajs';

const PARTITIONS = 3;
const BROKERS_DEFAULT = -1;

/** The topics that must exist before anything is sent or read. */
export class KafkaTopics {
  private ensured: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly names: string[],
  ) {}

  /** Creates those that do not exist, once for all callers. @throws when Kafka cannot be asked, or refuses */
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
