import type { Kafka, Producer } from 'kafkajs';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { groupBy } from '../../common/group-by';
import { KAFKA, RETRY } from './client';
import { KafkaConnectionStatus } from './connection-status';
import { loadKafkajs } from './load';
import { endsWithin, pauseBefore } from './pause';
import { KafkaTopics } from './topics';

const PART = 'producer';
const BROKER_TIMEOUT_MS = 3_000;
const DISCONNECT_TIMEOUT_MS = 2_000;
/** Longest that `send` takes. */
const SEND_TIMEOUT_MS = 5_000;

export interface OutgoingMessage {
  topic: string;
  /** Messages of one topic and key stay in order. */
  key: Buffer | string | null;
  value: Buffer | string | null;
  headers: Record<string, string>;
}

export class KafkaUnavailable extends Error {
  constructor(override readonly cause?: unknown) {
    super('Kafka cannot be reached');
    this.name = 'KafkaUnavailable';
  }
}

/**
 * Sends to Kafka, idempotent within a connection, acknowledged by all in-sync replicas. Connects in the background and
 * retries without end; while it is not connected `send` fails at once.
 */
@scoped(Lifecycle.ContainerScoped)
export class KafkaProducer {
  private producer: Producer | undefined;
  private connecting: Promise<void> | undefined;
  private readonly closing = new AbortController();

  constructor(
    @inject(KAFKA) private readonly kafka: Kafka,
    private readonly topics: KafkaTopics,
    private readonly status: KafkaConnectionStatus,
  ) {
    status.expect(PART);
  }

  start(): void {
    this.connecting ??= this.connect();
  }

  get ready(): boolean {
    return this.producer !== undefined;
  }

  /**
   * Resolves when all messages are safe with the broker.
   * @throws KafkaUnavailable after at most SEND_TIMEOUT_MS; then each message may or may not have arrived
   */
  async send(messages: OutgoingMessage[]): Promise<void> {
    const { producer } = this;
    if (producer === undefined) throw new KafkaUnavailable();
    const topicMessages = [...groupBy(messages, ({ topic }) => topic)].map(([topic, of]) => ({
      topic,
      messages: of.map(({ key, value, headers }) => ({ key, value, headers })),
    }));
    let failure: unknown = new Error(`not acknowledged within ${SEND_TIMEOUT_MS} ms`);
    const sent = producer.sendBatch({ acks: -1, timeout: BROKER_TIMEOUT_MS, topicMessages }).then(
      () => (failure = undefined),
      (error: unknown) => (failure = error),
    );
    await endsWithin(SEND_TIMEOUT_MS, sent);
    if (failure === undefined) return;
    this.reconnect(producer, failure);
    throw new KafkaUnavailable(failure);
  }

  async stop(): Promise<void> {
    this.closing.abort();
    await endsWithin(DISCONNECT_TIMEOUT_MS, this.connecting ?? Promise.resolve());
    const { producer } = this;
    this.producer = undefined;
    if (producer !== undefined) await endsWithin(DISCONNECT_TIMEOUT_MS, producer.disconnect());
  }

  /**
   * After a failed send the sequence numbers of this producer id may differ from the broker's: the next batch could be
   * taken for a repetition of the failed one, acknowledged and dropped. A new connection has a new producer id.
   */
  private reconnect(failed: Producer, error: unknown): void {
    if (this.producer !== failed) return;
    this.producer = undefined;
    this.status.reportDown(PART, error);
    void endsWithin(DISCONNECT_TIMEOUT_MS, failed.disconnect());
    this.connecting = this.connect();
  }

  private async connect(): Promise<void> {
    const { signal } = this.closing;
    const stopped = (): boolean => signal.aborted;
    for (let attempt = 1; !stopped(); attempt++) {
      const producer = this.kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: loadKafkajs().Partitioners.DefaultPartitioner,
        retry: RETRY,
      });
      try {
        await this.topics.ensure();
        await producer.connect();
        if (stopped()) throw new KafkaUnavailable('stopped meanwhile');
        this.producer = producer;
        this.status.reportUp(PART);
        return;
      } catch (error) {
        if (!stopped()) this.status.reportDown(PART, error);
        void endsWithin(DISCONNECT_TIMEOUT_MS, producer.disconnect());
        await pauseBefore(attempt, signal);
      }
    }
  }
}
