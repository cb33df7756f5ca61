import { Kafka } from 'kafkajs';
import type { Config } from '../../src/config/config';
import { type RunningService, startService } from '../../src/service';
import { testConfig } from '../support/config';

jest.mock('kafkajs', () => {
  const real = jest.requireActual<typeof import('kafkajs')>('kafkajs');
  return { ...real, Kafka: jest.fn((...options: [never]) => new real.Kafka(...options)) };
});

const NOWHERE = '127.0.0.1:1';
let service: RunningService | undefined;

const start = async (role: Config['ROLE']): Promise<void> => {
  service = await startService(testConfig({ ROLE: role, PORT: 0, KAFKA_BROKERS: NOWHERE }));
  await service.proved;
};

afterEach(async () => {
  await service?.stop();
  jest.clearAllMocks();
});

test('a process of role api makes no Kafka client', async () => {
  await start('api');
  expect(Kafka).not.toHaveBeenCalled();
});

test.each(['worker', 'all'] as const)('a process of role %s makes one Kafka client', async (role) => {
  await start(role);
  expect(Kafka).toHaveBeenCalledTimes(1);
});
