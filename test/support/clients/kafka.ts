import type { Kafka } from 'kafkajs';
import { parseBrokers } from '../../../src/config/urls';
import { loadKafkajs } from '../../../src/platform/kafka/load';

/**
 * A client of the tests' own, for what they write past the product and read behind it. It waits longer than the
 * product's (`createClient`), because a busy machine may stand still for seconds.
 * @param brokers `host:port,…`
 */
export function kafkaClient(brokers: string): Kafka {
  const { Kafka: Client, logLevel } = loadKafkajs();
  return new Client({
    clientId: 'test',
    brokers: parseBrokers(brokers),
    connectionTimeout: 20_000,
    logLevel: logLevel.NOTHING,
  });
}

/**
 * The brokers of this run. `npm test -- path …` starts a Kafka if one of the files calls this by its name.
 * @throws Error when there is none
 */
export function kafkaBrokers(): string {
  const brokers = process.env.KAFKA_BROKERS ?? '';
  if (brokers === '')
    throw new Error('This test needs a Kafka: call kafkaBrokers() in its own file, or set KAFKA_BROKERS.');
  return brokers;
}
