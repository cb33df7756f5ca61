import type { Admin, Kafka } from 'kafkajs';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { KAFKA } from './client';

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

export const KAFKA_GROUPS = Symbol('KafkaGroups');

/** How far groups of consumers are behind their topics. */
@scoped(Lifecycle.ContainerScoped)
export class KafkaLag {
  private admin: Admin | undefined;

  constructor(
    @inject(KAFKA) private readonly kafka: Kafka,
    @inject(KAFKA_GROUPS) private readonly groups: Group[],
  ) {}

  /** @returns messages by topic that are written and not yet done. @throws when Kafka cannot be reached */
  async measure(): Promise<Map<string, number>> {
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
      await this.close(); // the next call makes a new connection
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
