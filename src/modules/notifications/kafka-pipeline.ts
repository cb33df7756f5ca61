import {
  createClient,
  KafkaConsumer,
  KafkaLink,
  type KafkaOptions,
  KafkaProducer,
  KafkaTopics,
} from '../../platform/kafka';
import type { Logger } from '../../platform/observability/logger';
import type { OutboxMetrics } from '../outbox/metrics';
import { NotificationConsumer } from './consumer';
import type { NotificationHandler } from './handler';
import { KafkaDestination } from '../outbox/kafka-destination';
import type { OutboxRepository } from '../outbox/repository';
import type { Destination } from '../outbox/relay';
import type { RetryPolicy } from '../outbox/retry-policy';
import type { Topics } from '../outbox/topics';

const PARTITIONS_AT_ONCE = 4;
const CONSUMER_STOP_MS = 8_000;

/** Everything of this process that speaks to Kafka. */
export class KafkaPipeline {
  readonly destination: Destination;
  private readonly link: KafkaLink;
  private readonly producer: KafkaProducer;
  private readonly consumers: KafkaConsumer[];

  constructor(
    options: KafkaOptions,
    handler: NotificationHandler,
    outbox: OutboxRepository,
    topics: Topics,
    policy: RetryPolicy,
    metrics: OutboxMetrics,
    logger: Logger,
  ) {
    const client = createClient(options, logger);
    const kafkaTopics = new KafkaTopics(client, topics.all);
    this.link = new KafkaLink(logger);
    this.producer = new KafkaProducer(client, kafkaTopics, this.link);
    this.destination = new KafkaDestination(this.producer, metrics);
    const consumer = new NotificationConsumer(
      handler,
      this.producer,
      outbox,
      topics,
      policy,
      metrics,
      logger,
    );
    // A group of its own for the DLQs: kafkajs fetches anew only when all batches are done, and wants all members of
    // a group to read the same topics. Slow retries must not hold up the main topics.
    this.consumers = [
      {
        name: 'consumer',
        ...topics.groups.main,
        concurrency: PARTITIONS_AT_ONCE,
        handle: consumer.fresh.bind(consumer),
      },
      {
        name: 'DLQ consumer',
        ...topics.groups.dlq,
        concurrency: PARTITIONS_AT_ONCE,
        handle: consumer.parked.bind(consumer),
      },
    ].map((subscription) => new KafkaConsumer(client, kafkaTopics, subscription, this.link, logger));
  }

  get state(): 'up' | 'down' {
    return this.link.state;
  }

  start(): void {
    this.producer.start();
    for (const consumer of this.consumers) consumer.start();
  }

  /** Consumers first: they send to the DLQ. */
  async stop(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop(CONSUMER_STOP_MS)));
    await this.producer.stop();
  }
}
