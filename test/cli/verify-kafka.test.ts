import { randomBytes, randomUUID } from 'node:crypto';
import { Partitioners } from 'kafkajs';
import { createLogger } from '../../src/platform/observability/logger';
import { createClient, KafkaReader } from '../../src/platform/kafka';
import { EventsInKafka } from '../../src/modules/invariants/events-in-kafka';
import type { InvariantResult } from '../../src/modules/invariants/schema';
import { checkInvariants } from '../../src/modules/invariants/service';
import { Topics } from '../../src/modules/outbox/topics';
import { kafkaBrokers, kafkaClient } from '../support/clients/kafka';
import { testConfig } from '../support/config';
import { Scratch } from '../support/rows/scratch';

const brokers = kafkaBrokers();
const TOPIC = 'payment-notification';

describe('invariants of events, with Kafka', () => {
  const topics = new Topics(`test-${randomBytes(6).toString('hex')}.`);
  const kafka = kafkaClient(brokers);
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  let scratch: Scratch;

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    await admin.connect();
    await producer.connect();
  });
  afterAll(async () => {
    await admin.deleteTopics({ topics: topics.all }).catch(() => undefined);
    await admin.disconnect();
    await producer.disconnect();
    await scratch.drop();
  });

  const events = async (at = brokers): Promise<InvariantResult | undefined> => {
    const reader = new KafkaReader(
      createClient({ config: testConfig({ KAFKA_BROKERS: at }) }, createLogger('silent', 'all')),
    );
    const report = await checkInvariants({
      database: scratch.app,
      kafka: new EventsInKafka(reader, topics),
    });
    return report.results.find(({ id }) => id === 'I5');
  };

  /** An event that was delivered two minutes ago and has not acted. @returns its id */
  const idle = async (): Promise<string> => {
    const eventId = randomUUID();
    await scratch.admin.execute(
      `INSERT INTO outbox (event_id, topic, partition_key, payload, delivered_at)
       VALUES (?, ?, '1', '{}', NOW(3) - INTERVAL 2 MINUTE)`,
      [eventId, TOPIC],
    );
    return eventId;
  };
  const write = async (topic: string, ...eventIds: string[]): Promise<void> => {
    const messages = eventIds.map((eventId) => ({ value: '{}', headers: { 'event-id': eventId } }));
    await producer.send({ topic, messages });
  };

  it('warns while there are no topics', async () => {
    expect(await events()).toMatchObject({
      verdict: 'warning',
      findings: [{ rows: topics.all.map((topic) => ({ topic })) }],
    });
  });

  it('calls lost what was delivered to topics that are no more', async () => {
    const eventId = await idle();
    expect(await events()).toMatchObject({
      verdict: 'violated',
      findings: [{ severity: 'warning' }, { severity: 'violation', rows: [{ eventId }] }],
    });
    await scratch.admin.execute('DELETE FROM outbox');
  });

  it('tells what waits in Kafka, or was given up there, from what is lost', async () => {
    await admin.createTopics({
      topics: topics.all.map((topic) => ({ topic, numPartitions: 3 })),
      waitForLeaders: true,
    });
    expect(await events()).toMatchObject({ verdict: 'ok' });

    const [fresh, parked, permanent] = [await idle(), await idle(), await idle()];
    const [main = ''] = topics.main;
    await write(main, fresh);
    await write(topics.dlqOf(main), parked);
    expect(await events()).toMatchObject({
      verdict: 'violated',
      findings: [{ severity: 'violation', rows: [{ eventId: permanent }] }],
    });

    await write(topics.permanentOf(main), permanent);
    expect(await events()).toMatchObject({
      verdict: 'warning',
      findings: [
        { severity: 'warning', what: 'events given up (DLQ.permanent)', rows: [{ eventId: permanent }] },
      ],
    });

    // Read and done by the group, and yet without effect.
    await admin.setOffsets({
      groupId: topics.groups.main.groupId,
      topic: main,
      partitions: [0, 1, 2].map((partition) => ({ partition, offset: '1' })),
    });
    expect(await events()).toMatchObject({ verdict: 'violated' });
  });

  it('says that it does not know when Kafka cannot be reached', async () => {
    expect(await events('127.0.0.1:1')).toMatchObject({ verdict: 'unknown' });
  });
});
