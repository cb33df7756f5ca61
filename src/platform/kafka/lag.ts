import type { Admin, Kafka } from 'kafkajs';

/** A group of consumers and what it reads. */
export interface Group {
  groupId: string;
  topics: string[];
}

interface Offsets {
  partition: number;
  high: string;
  low: string;
}

/** How far groups of consumers are behind their topics. */
export class KafkaLag {
  private admin: Admin | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly groups: Group[],
  ) {}

  /** @returns messages by topic that are written and not yet done. @throws when Kafka cannot be asked */
  async ask(): Promise<Map<string, number>> {
    try {
      this.admin ??= await this.connect();
      const lag = new Map<string, number>();
      for (const { groupId, topics } of this.groups) {
        const done = await this.admin.fetchOffsets({ groupId, topics });
        for (const { topic, partitions } of done) {
          const committed = new Map(partitions.map(({ partition, offset }) => [partition, Number(offset)]));
          lag.set(topic, behind(await this.admin.fetchTopicOffsets(topic), committed));
        }
      }
      return lag;
    } catch (error) {
      await this.close(); // the next look begins with a connection of its own
      throw error;
    }
  }

  async close(): Promise<void> {
    const { admin } = this;
    this.admin = undefined;
    await admin?.disconnect().catch(() => undefined);
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin();
    await admin.connect();
    return admin;
  }
}

/** A group that has never committed (-1) begins with the oldest message; so does one whose next is deleted. */
const behind = (written: Offsets[], committed: Map<number, number>): number =>
  written
    .map(({ partition, high, low }) => Number(high) - Math.max(committed.get(partition) ?? -1, Number(low)))
    .reduce((sum, messages) => sum + Math.max(0, messages), 0);
