import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import { monotonicMs } from '../../common/clock';
import type { Logger } from '../observability/logger';
import { RETRY } from './client';
import type { KafkaConnectionStatus } from './connection-status';
import { endsWithin, pauseBefore } from './pause';
import type { KafkaTopics } from './topics';

const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 2_500;
const REBALANCE_TIMEOUT_MS = 30_000;
/** Short, since a stop waits for the fetch under way. */
const FETCH_WAIT_MS = 500;
/** Small batches: the partitions of a broker wait for each other's batch. */
const BYTES_PER_PARTITION = 65_536;
const COMMIT_EVERY_MS = 1_000;
const COMMIT_EVERY_MESSAGES = 100;
const RETRY_AFTER_ERROR_MS = 1_000;
const DISCONNECT_TIMEOUT_MS = 3_000;

export interface IncomingMessage {
  topic: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, string>;
  /** How long ago it was written, by this process' clock and the writer's; never negative. */
  ageMs: number;
}

/** `done`: go on to the next message; else the same one again after the wait, which holds up its partition only. */
export type MessageOutcome = 'done' | { waitMs: number };

export interface Subscription {
  name: string;
  groupId: string;
  topics: string[];
  /** How many partitions are worked on at once. */
  concurrency: number;
  /** When it throws, the message is tried again after a second. */
  handle(message: IncomingMessage, stopping: AbortSignal): Promise<MessageOutcome>;
}

/**
 * Reads topics as a member of a group, from their beginning, at least once: an offset is committed only when its
 * message is done. Joins in the background and retries without end.
 */
export class KafkaConsumer {
  private readonly closing = new AbortController();
  private life: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly topics: KafkaTopics,
    private readonly subscription: Subscription,
    private readonly status: KafkaConnectionStatus,
    private readonly logger: Logger,
  ) {
    status.expect(subscription.name);
  }

  start(): void {
    this.life ??= this.live();
  }

  /** Ends the message under way, commits and leaves the group. @param withinMs longest wait */
  async stop(withinMs: number): Promise<void> {
    this.closing.abort();
    if (this.life !== undefined) await endsWithin(withinMs, this.life);
  }

  private async live(): Promise<void> {
    for (let attempt = 1; !this.isStopped(); attempt++) {
      const startedAt = monotonicMs();
      const consumer = this.createConsumer();
      try {
        await this.topics.ensure();
        await this.untilCrashOrStop(consumer);
      } catch (error) {
        if (!this.isStopped()) this.status.reportDown(this.subscription.name, error);
      }
      await endsWithin(DISCONNECT_TIMEOUT_MS, consumer.disconnect());
      if (monotonicMs() - startedAt > SESSION_TIMEOUT_MS) attempt = 1;
      await pauseBefore(attempt, this.closing.signal);
    }
  }

  private isStopped(): boolean {
    return this.closing.signal.aborted;
  }

  private createConsumer(): Consumer {
    return this.kafka.consumer({
      groupId: this.subscription.groupId,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: BYTES_PER_PARTITION,
      allowAutoTopicCreation: false,
      // A crashed consumer is replaced here: kafkajs' own restart ignores a stop that comes meanwhile.
      retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
    });
  }

  /** @throws what the consumer crashed of */
  private async untilCrashOrStop(consumer: Consumer): Promise<void> {
    if (this.isStopped()) return; // the signal speaks once
    const { signal } = this.closing;
    let onStop = (): void => undefined;
    const ended = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      onStop = resolve;
    });
    ended.catch(() => undefined); // a crash may come before it is awaited
    signal.addEventListener('abort', onStop);
    try {
      await this.join(consumer);
      await ended;
    } finally {
      signal.removeEventListener('abort', onStop); // the signal outlives the consumer
    }
  }

  private async join(consumer: Consumer): Promise<void> {
    const { name, topics, concurrency } = this.subscription;
    consumer.on(consumer.events.GROUP_JOIN, () => this.status.reportUp(name));
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      partitionsConsumedConcurrently: concurrency,
      eachBatchAutoResolve: false,
      autoCommitInterval: COMMIT_EVERY_MS,
      autoCommitThreshold: COMMIT_EVERY_MESSAGES,
      eachBatch: (batch) => this.processBatch(batch),
    });
  }

  private async processBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    for (const message of batch.messages) {
      if (this.isStopped() || !payload.isRunning() || payload.isStale()) return;
      const outcome = await this.handle(toIncoming(batch.topic, message), () => payload.heartbeat());
      if (outcome !== 'done') {
        setTimeout(payload.pause(), outcome.waitMs).unref(); // not resolved: fetched again from this message on
        return;
      }
      payload.resolveOffset(message.offset);
      await payload.commitOffsetsIfNecessary();
      await payload.heartbeat();
    }
  }

  /** Keeps the membership alive while a message takes its time. */
  private async handle(message: IncomingMessage, heartbeat: () => Promise<void>): Promise<MessageOutcome> {
    const beat = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
    try {
      return await this.subscription.handle(message, this.closing.signal);
    } catch (err) {
      this.logger.warn({ err, topic: message.topic }, 'a message could not be worked on; trying again');
      return { waitMs: RETRY_AFTER_ERROR_MS };
    } finally {
      clearInterval(beat);
    }
  }
}

/** Only decides how long a retry waits, which no replica has to agree upon. */
const wallClockMs = (): number => performance.timeOrigin + monotonicMs();

function toIncoming(topic: string, message: KafkaMessage): IncomingMessage {
  const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
  return {
    topic,
    key: message.key,
    value: message.value,
    headers: Object.fromEntries(headers) as Record<string, string>,
    ageMs: Math.max(0, wallClockMs() - Number(message.timestamp)),
  };
}
