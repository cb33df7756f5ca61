import { inject, Lifecycle, scoped } from 'tsyringe';
import {
  KAFKA,
  type KafkaClient,
  KafkaConnectionStatus,
  KafkaConsumer,
  KafkaProducer,
  KafkaTopics,
} from '../../platform/kafka';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { Topics } from '../outbox/topics';
import { NotificationConsumer } from './consumer';

const CONCURRENT_PARTITIONS = 4;
const CONSUMER_STOP_MS = 8_000;

/** What of this process speaks to Kafka: the producer and the consumers of both stages. */
@scoped(Lifecycle.ContainerScoped)
export class KafkaPipeline {
  private readonly consumers: KafkaConsumer[];

  constructor(
    private readonly producer: KafkaProducer,
    consumer: NotificationConsumer,
    topics: Topics,
    @inject(KAFKA) client: KafkaClient,
    kafkaTopics: KafkaTopics,
    status: KafkaConnectionStatus,
    @inject(LOGGER) logger: Logger,
  ) {
    // The DLQs have a separate group: kafkajs fetches again only when all batches are done, and wants all consumers of
    // a group to read the same topics. Slow retries must not hold up the main topics.
    const { main, dlq } = topics.groups;
    const concurrency = CONCURRENT_PARTITIONS;
    this.consumers = [
      { name: 'consumer', ...main, concurrency, handle: consumer.handleFresh.bind(consumer) },
      { name: 'DLQ consumer', ...dlq, concurrency, handle: consumer.handleParked.bind(consumer) },
    ].map((subscription) => new KafkaConsumer(client, kafkaTopics, subscription, status, logger));
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
