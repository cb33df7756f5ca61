import type { Config } from '../../config/config';
import { DisplayTime } from '../../common/display-time';
import type { Database } from '../../platform/database/database';
import type { SocketFactory } from '../../platform/kafka';
import { Lease } from '../../platform/database/lease';
import type { Logger } from '../../platform/observability/logger';
import type { OutboxMetrics } from '../outbox/metrics';
import { NotificationHandler } from './handler';
import { eventHousekeeping } from '../outbox/housekeeping';
import { InProcessDestination } from './in-process-destination';
import { KafkaPipeline } from './kafka-pipeline';
import type { Notifier } from './notifier';
import { OutboxRepository } from '../outbox/repository';
import { type Destination, OutboxRelay } from '../outbox/relay';
import { NotificationRepository } from './repository';
import { RetryPolicy } from '../outbox/retry-policy';
import { Topics } from '../outbox/topics';

export interface WorkerOptions {
  /** Before the topics, the group and the leases: several workers side by side that have nothing to do with each other. */
  topicPrefix?: string;
  socketFactory?: SocketFactory;
}

/** Delivers events and acts upon them: through Kafka, or without KAFKA_BROKERS in this process. */
export class NotificationWorker {
  private readonly stopping = new AbortController();
  private readonly kafka: KafkaPipeline | undefined;
  /** In the order of start; stopped in reverse. */
  private readonly parts: { start(): void; stop(): Promise<void> }[] = [];

  constructor(
    database: Database,
    config: Config,
    notifier: Notifier,
    metrics: OutboxMetrics,
    logger: Logger,
    { topicPrefix = '', socketFactory }: WorkerOptions = {},
  ) {
    const topics = new Topics(topicPrefix);
    const policy = new RetryPolicy(config);
    const outbox = new OutboxRepository(
      database,
      topics.main,
      config.KAFKA_BROKERS === '' ? 'process' : 'kafka',
    );
    const notifications = new NotificationRepository();
    const handler = new NotificationHandler(
      database,
      notifications,
      notifier,
      topics,
      new DisplayTime(config),
      config.DATABASE_TIMEOUT_MS,
      metrics,
    );
    let destination: Destination;
    if (config.KAFKA_BROKERS === '') {
      destination = new InProcessDestination(handler, outbox, policy, this.stopping.signal, metrics, logger);
    } else {
      const options = {
        brokers: config.KAFKA_BROKERS,
        ...(socketFactory === undefined ? {} : { socketFactory }),
      };
      this.kafka = new KafkaPipeline(options, handler, outbox, topics, policy, metrics, logger);
      this.parts.push(this.kafka);
      destination = this.kafka.destination;
    }
    const relay = (name: string, take: () => ReturnType<OutboxRepository['fresh']>) =>
      new OutboxRelay(
        { name: `outbox ${name}`, pauseMs: config.OUTBOX_POLL_MS, take },
        outbox,
        new Lease(database, topicPrefix + name),
        destination,
        logger,
      );
    // Apart from each other, so that a heap of failing events holds up no fresh one.
    this.parts.push(
      eventHousekeeping(database, outbox, notifications, config.EVENT_DEDUPLICATION_DAYS, metrics, logger),
      relay('due', () => outbox.due()),
      relay('fresh', () => outbox.fresh()),
    );
  }

  /** Returns at once: what Kafka or the database lacks is waited for in the background. */
  start(): Promise<void> {
    for (const part of this.parts) part.start();
    return Promise.resolve();
  }

  /** Ends what is under way, leaves the rest to others; bounded by the time limits of one try and of Kafka's parts. */
  async stop(): Promise<void> {
    this.stopping.abort();
    for (const part of [...this.parts].reverse()) await part.stop();
  }

  kafkaState(): 'off' | 'up' | 'down' {
    return this.kafka?.state ?? 'off';
  }
}
