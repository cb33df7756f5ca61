import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { Kafka, IHeaders } from 'kafkajs';
import pino, { type Logger } from 'pino';
import type { Config } from '../../../src/config/config';
import { createContainer } from '../../../src/container';
import { Database } from '../../../src/platform/database/database';
import { KafkaConnectionStatus, SOCKET_FACTORY, type SocketFactory } from '../../../src/platform/kafka';
import { loadKafkajs } from '../../../src/platform/kafka/load';
import { LOGGER } from '../../../src/platform/observability/logger';
import { OutboxMetrics } from '../../../src/modules/outbox/metrics';
import { Metrics } from '../../../src/platform/observability/metrics';
import { type Notification, type Notifier, NOTIFIER } from '../../../src/modules/notifications/notifier';
import { NotificationWorker } from '../../../src/modules/notifications/worker';
import { Topics } from '../../../src/modules/outbox/topics';
import { testConfig } from '../config';
import { kafkaClient } from '../clients/kafka';
import { openAdminDatabase } from './given';
import type { TcpProxy } from '../servers/tcp-proxy';

export type { Kind } from '../../../src/modules/outbox/topics';
import type { Kind } from '../../../src/modules/outbox/topics';

/** Keeps what it is given; fails or waits when the test says so. */
class Recorder implements Notifier {
  /** Every try, in order. */
  readonly tries: { notification: Notification; atMs: number }[] = [];
  /** Those that succeeded. */
  readonly done: Notification[] = [];
  act: (notification: Notification) => Promise<void> | void = () => undefined;

  async notify(notification: Notification): Promise<void> {
    this.tries.push({ notification, atMs: performance.now() });
    await this.act(notification);
    this.done.push(notification);
  }

  doneOf(eventId: string): number {
    return this.done.filter((it) => it.eventId === eventId).length;
  }

  triesOf(eventId: string): number[] {
    return this.tries.filter((it) => it.notification.eventId === eventId).map(({ atMs }) => atMs);
  }
}

export interface KafkaRecord {
  topic: string;
  key: string | undefined;
  value: string | undefined;
  headers: Record<string, string>;
}

interface OutboxRow {
  delivered: number;
  attempts: number;
  postponed: number;
  givenUp: number;
  lastError: string | null;
}

/** A worker's part that delivers events. */
export interface StartedWorker {
  stop(): Promise<void>;
  kafkaState(): KafkaConnectionStatus['state'];
}

/** What one test owns in the database and in Kafka: its events, leases, topics and groups. */
export class Bench {
  readonly prefix = `test-${randomBytes(6).toString('hex')}-`;
  readonly recorder = new Recorder();
  readonly metrics = new OutboxMetrics(new Metrics());
  readonly log: { level: string; msg: string }[] = [];
  readonly admin = openAdminDatabase();
  private readonly closers: (() => Promise<unknown>)[] = [];
  private readonly kafka: Kafka | undefined;

  constructor(readonly brokers = '') {
    if (brokers !== '') this.kafka = kafkaClient(brokers);
  }

  /** Starts a worker; the test's end stops it. */
  worker(
    overrides: Record<string, string | number> = {},
    { notifier = this.recorder, kafkaThrough }: { notifier?: Notifier; kafkaThrough?: TcpProxy } = {},
  ): Promise<StartedWorker> {
    const config: Config = testConfig({
      KAFKA_BROKERS: this.brokers,
      DATABASE_POOL_MAX: 8,
      OUTBOX_POLL_MS: 20,
      EVENT_MAX_ATTEMPTS: 3,
      EVENT_DLQ_RETRY_DELAY_MS: 400,
      EVENT_DLQ_MAX_ATTEMPTS: 2,
      ...overrides,
    });
    const container = createContainer(config);
    container.registerInstance(LOGGER, this.logger());
    container.registerInstance(OutboxMetrics, this.metrics);
    container.registerInstance(NOTIFIER, notifier);
    container.registerInstance(Topics, new Topics(this.prefix));
    if (kafkaThrough !== undefined) container.registerInstance(SOCKET_FACTORY, through(kafkaThrough));
    const worker = container.resolve(NotificationWorker);
    const kafka = container.resolve(KafkaConnectionStatus);
    this.closers.push(
      () => container.resolve(Database).close(),
      () => worker.stop(),
    );
    worker.start();
    return Promise.resolve({ stop: () => worker.stop(), kafkaState: () => kafka.state });
  }

  /** Commits an event. @returns its id */
  async emit(kind: Kind = 'payment-notification', payload: Record<string, unknown> = {}): Promise<string> {
    const body = { ...examplePayload(kind), ...payload };
    const eventId = randomUUID();
    await this.admin.execute(
      'INSERT INTO outbox (event_id, topic, partition_key, payload) VALUES (?, ?, ?, ?)',
      [eventId, this.prefix + kind, String(body.reservationId), JSON.stringify(body)],
    );
    return eventId;
  }

  async outbox(eventId: string): Promise<OutboxRow> {
    const [row] = await this.admin.query<OutboxRow>(
      `SELECT delivered_at IS NOT NULL AS delivered, attempts, next_try_at IS NOT NULL AS postponed,
              given_up_at IS NOT NULL AS givenUp, last_error AS lastError FROM outbox WHERE event_id = ?`,
      [eventId],
    );
    if (row === undefined) throw new Error(`event ${eventId} is not in the outbox`);
    return row;
  }

  /** Events of this bench that are neither delivered nor given up. */
  async open(): Promise<number> {
    const [row] = await this.admin.query<{ open: number }>(
      'SELECT COUNT(*) AS open FROM outbox WHERE delivered_at IS NULL AND given_up_at IS NULL AND topic LIKE ?',
      [`${this.prefix}%`],
    );
    return row?.open ?? 0;
  }

  async notificationRows(): Promise<{ eventId: string; userId: number; message: string }[]> {
    return this.admin.query(
      'SELECT event_id AS eventId, user_id AS userId, message FROM notification WHERE topic LIKE ?',
      [`${this.prefix}%`],
    );
  }

  /** How often events came to `result`. */
  async counted(result: string, kind: Kind = 'payment-notification'): Promise<number> {
    const { values } = await this.metrics.events.get();
    return (
      values.find(({ labels }) => labels.topic === this.prefix + kind && labels.result === result)?.value ?? 0
    );
  }

  /** Puts messages on a topic of this bench, past the outbox. */
  async produce(
    topic: string,
    messages: { key?: string; value: string | null; headers?: IHeaders }[],
  ): Promise<void> {
    const producer = this.client().producer({
      createPartitioner: loadKafkajs().Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await producer.send({ topic: this.prefix + topic, messages });
    await producer.disconnect();
  }

  /** Collects what is and will be on a topic of this bench; the topic must exist. */
  async collect(topic: string): Promise<KafkaRecord[]> {
    const records: KafkaRecord[] = [];
    const consumer = this.client().consumer({
      groupId: `${this.prefix}collect-${topic}`,
      maxWaitTimeInMs: 100,
    });
    this.closers.push(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topic: this.prefix + topic, fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message, topic: from }) => {
        const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
        records.push({
          topic: from,
          key: message.key?.toString(),
          value: message.value?.toString(),
          headers: Object.fromEntries(headers) as Record<string, string>,
        });
        return Promise.resolve();
      },
    });
    return records;
  }

  /** Stops everything in reverse order and removes the rows and topics. */
  async close(): Promise<void> {
    for (const close of this.closers.reverse()) await close();
    const like = [`${this.prefix}%`];
    await this.admin.execute('DELETE FROM outbox WHERE topic LIKE ?', like);
    await this.admin.execute('DELETE FROM notification WHERE topic LIKE ?', like);
    await this.admin.execute('DELETE FROM outbox_lease WHERE name LIKE ?', like);
    await this.admin.close();
    if (this.kafka === undefined) return;
    const admin = this.kafka.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(this.prefix));
    if (topics.length > 0) await admin.deleteTopics({ topics });
    await admin.disconnect();
  }

  private client(): Kafka {
    if (this.kafka === undefined) throw new Error('this bench has no Kafka');
    return this.kafka;
  }

  private logger(): Logger {
    return pino(
      { level: 'info', formatters: { level: (level) => ({ level }) } },
      { write: (line: string) => this.log.push(JSON.parse(line) as { level: string; msg: string }) },
    );
  }
}

export const addressOf = (brokers: string): { host: string; port: number } => {
  const [host = '', port] = (brokers.split(',')[0] ?? '').split(':');
  return { host, port: Number(port) };
};

/** Every connection goes through the proxy, whatever address the broker advertises. */
export const through =
  (proxy: TcpProxy): SocketFactory =>
  ({ onConnect }) =>
    connect({ host: '127.0.0.1', port: proxy.port }, onConnect);

function examplePayload(kind: Kind): Record<string, unknown> {
  const common = {
    reservationId: randomInt(1, 1e9),
    userId: randomInt(1, 1e9),
    concertTitle: 'Nachtmusik',
    seatPosition: 12,
  };
  if (kind === 'refund-notification')
    return { ...common, orderId: 3, refundAmount: 50_000, canceledBy: 'schedule' };
  return kind === 'payment-notification'
    ? { ...common, paymentAmount: 50_000 }
    : { ...common, heldUntil: '2030-01-02T03:04:05.678Z' };
}
