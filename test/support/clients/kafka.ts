import { Kafka, logLevel } from 'kafkajs';
import { parseBrokers } from '../../../src/config/urls';
import { patchIdleTimers } from '../../../src/platform/kafka/timers';

/**
 * A client of the tests' own, for what they write past the product and read behind it. It waits longer than the
 * product's (`createClient`), because a busy machine may stand still for seconds.
 * @param brokers `host:port,…`
 */
export function kafkaClient(brokers: string): Kafka {
  patchIdleTimers();
  return new Kafka({
    clientId: 'test',
    brokers: parseBrokers(brokers),
    connectionTimeout: 20_000,
    logLevel: logLevel.NOTHING,
  });
}
