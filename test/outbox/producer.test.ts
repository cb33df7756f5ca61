import pino from 'pino';
import {
  createClient,
  KafkaConnectionStatus,
  KafkaProducer,
  KafkaTopics,
  KafkaUnavailable,
} from '../../src/platform/kafka';
import { testConfig } from '../support/config';
import { addressOf, Bench, kafkaBrokers, through } from '../support/rows/events';
import { TcpProxy } from '../support/servers/tcp-proxy';
import { until } from '../support/wait';

const logger = pino({ level: 'silent' });

test('a message after one whose acknowledgement was lost is not taken for its repetition', async () => {
  const bench = new Bench(kafkaBrokers());
  const proxy = await new TcpProxy(addressOf(kafkaBrokers())).open();
  const client = createClient(
    { config: testConfig({ KAFKA_BROKERS: kafkaBrokers() }), socketFactory: through(proxy) },
    logger,
  );
  const topic = `${bench.prefix}topic`;
  const status = new KafkaConnectionStatus(logger);
  const producer = new KafkaProducer(client, new KafkaTopics(client, [topic]), status);
  const message = (value: string) => ({ topic, key: 'key', value, headers: {} });
  try {
    await expect(producer.send([message('too early')])).rejects.toThrow(KafkaUnavailable);
    producer.start();
    await until('connected', () => producer.ready);
    expect(status.state).toBe('up');

    proxy.loseAnswers();
    await expect(producer.send([message('a')])).rejects.toThrow(KafkaUnavailable);
    expect(status.state).toBe('down');

    await until('connected again', () => producer.ready);
    await producer.send([message('b')]);
    const records = await bench.collect('topic');
    await until('both arrived', () => records.length >= 2);
    expect(new Set(records.map(({ value }) => value))).toEqual(new Set(['a', 'b']));
  } finally {
    await producer.stop();
    await proxy.cut();
    await bench.close();
  }
});
