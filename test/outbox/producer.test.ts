import pino from 'pino';
import {
  createClient,
  KafkaConnectionStatus,
  KafkaProducer,
  KafkaTopics,
  KafkaUnavailable,
} from '../../src/platform/kafka';
import { testConfig } from '../support/config';
import { kafkaBrokers } from '../support/clients/kafka';
import { addressOf, Bench, through } from '../support/rows/events';
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

    // A message that is not acknowledged in time is sent again: it may have arrived, or not.
    const send = (): Promise<boolean> =>
      producer.send([message('b')]).then(
        () => true,
        () => false,
      );
    await until('connected again', send);
    const records = await bench.collect('topic');
    const arrived = (): Set<string | undefined> => new Set(records.map(({ value }) => value));
    await until('both arrived', () => arrived().size >= 2);
    expect(arrived()).toEqual(new Set(['a', 'b']));
  } finally {
    await producer.stop();
    await proxy.cut();
    await bench.close();
  }
});
