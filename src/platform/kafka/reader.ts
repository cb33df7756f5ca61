import { randomUUID } from 'node:crypto';
import type { Admin, Kafka } from 'kafkajs';
import type { Group } from './lag';

/** More would take minutes, and too much memory. */
const READ_MOST = 200_000;
const READ_WITHIN_MS = 60_000;
const FETCH_WAIT_MS = 200;

/** The parts of a message that readers need. */
export interface SeenMessage {
  topic: string;
  headers: Record<string, string>;
}

interface Part {
  topic: string;
  partition: number;
  from: number;
  /** The first offset that is not read. */
  to: number;
}

/** Reads what is in topics now, as a separate consumer group that is deleted afterwards. */
export class KafkaReader {
  constructor(private readonly kafka: Kafka) {}

  /** @returns those of the topics that do not exist @throws when Kafka cannot be reached */
  async missing(topics: string[]): Promise<string[]> {
    return this.asAdmin(async (admin) => {
      const there = new Set(await admin.listTopics());
      return topics.filter((topic) => !there.has(topic));
    });
  }

  /** Every message of these topics. @throws when Kafka cannot be reached in time, or there are too many */
  async all(topics: string[]): Promise<SeenMessage[]> {
    return this.read(await this.asAdmin((admin) => partsOf(admin, topics, () => 0)));
  }

  /** The messages that the group has yet to do. @throws when Kafka cannot be reached in time, or there are too many */
  async undone({ groupId, topics }: Group): Promise<SeenMessage[]> {
    const parts = await this.asAdmin(async (admin) => {
      const done = new Map<string, number>();
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics }))
        for (const { partition, offset } of partitions) done.set(`${topic} ${partition}`, Number(offset));
      return partsOf(admin, topics, (topic, partition) => done.get(`${topic} ${partition}`) ?? 0);
    });
    return this.read(parts);
  }

  private async read(all: Part[]): Promise<SeenMessage[]> {
    const parts = all.filter(({ from, to }) => to > from);
    if (parts.length === 0) return [];
    const count = parts.reduce((sum, { from, to }) => sum + to - from, 0);
    if (count > READ_MOST)
      throw new Error(`Kafka has ${count} messages to look through, more than ${READ_MOST}`);
    const groupId = `look-${randomUUID()}`;
    const consumer = this.kafka.consumer({
      groupId,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
    });
    const seen: SeenMessage[] = [];
    const left = new Map(parts.map((part) => [`${part.topic} ${part.partition}`, part]));
    let timer: NodeJS.Timeout | undefined;
    try {
      await consumer.connect();
      await consumer.subscribe({
        topics: [...new Set(parts.map(({ topic }) => topic))],
        fromBeginning: true,
      });
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error('Kafka was not read in time')), READ_WITHIN_MS);
        consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => restart || reject(error));
        const started = consumer.run({
          autoCommit: false,
          eachMessage: ({ topic, partition, message }) => {
            const part = left.get(`${topic} ${partition}`);
            const offset = Number(message.offset);
            if (part === undefined || offset < part.from) return Promise.resolve(); // before the seek, after a crash
            if (offset < part.to) seen.push({ topic, headers: headersOf(message.headers ?? {}) });
            if (offset >= part.to - 1) left.delete(`${topic} ${partition}`);
            if (left.size === 0) resolve();
            return Promise.resolve();
          },
        });
        started.then(() => {
          for (const { topic, partition, from } of parts)
            consumer.seek({ topic, partition, offset: String(from) });
        }, reject);
      });
      return seen;
    } finally {
      clearTimeout(timer);
      await consumer.disconnect().catch(() => undefined);
      await this.asAdmin((admin) => admin.deleteGroups([groupId])).catch(() => undefined); // it also ends by itself
    }
  }

  private async asAdmin<T>(ask: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    try {
      await admin.connect();
      return await ask(admin);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

async function partsOf(
  admin: Admin,
  topics: string[],
  from: (topic: string, partition: number) => number,
): Promise<Part[]> {
  const parts: Part[] = [];
  for (const topic of topics)
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      parts.push({ topic, partition, from: Math.max(Number(low), from(topic, partition)), to: Number(high) });
  return parts;
}

const headersOf = (headers: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
