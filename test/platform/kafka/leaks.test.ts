import { EventEmitter, getEventListeners, once } from 'node:events';
import type { Kafka } from 'kafkajs';
import { KafkaConnectionStatus } from '../../../src/platform/kafka/connection-status';
import { KafkaConsumer } from '../../../src/platform/kafka/consumer';
import { KafkaReader } from '../../../src/platform/kafka/reader';
import type { KafkaTopics } from '../../../src/platform/kafka/topics';
import { createLogger } from '../../../src/platform/observability/logger';

jest.mock('../../../src/platform/kafka/pause', () => ({
  ...jest.requireActual<object>('../../../src/platform/kafka/pause'),
  pauseBefore: () => Promise.resolve(),
}));

const done = (): Promise<void> => Promise.resolve();

/** Consumers of a broker that tells what becomes of them: `run`, `disconnect`. */
function fakeKafka(run: () => Promise<void> = done): { kafka: Kafka; events: EventEmitter } {
  const events = new EventEmitter();
  const consumer = () => ({
    events: { CRASH: 'crash', GROUP_JOIN: 'join' },
    on: (name: string, listener: (event: unknown) => void) => events.on(name, listener),
    connect: done,
    subscribe: done,
    run: async () => {
      events.emit('run');
      await run();
    },
    disconnect: async () => {
      events.removeAllListeners('crash').emit('disconnect');
      await done();
    },
  });
  const admin = () => ({
    connect: done,
    fetchTopicOffsets: () => Promise.resolve([{ partition: 0, low: '0', high: '1' }]),
    deleteGroups: done,
    disconnect: done,
  });
  return { kafka: { consumer, admin } as unknown as Kafka, events };
}

function consumerOf(kafka: Kafka, ensure: () => Promise<void> = done): KafkaConsumer {
  const logger = createLogger('silent', 'test');
  const subscription = { name: 'a', groupId: 'a', topics: ['a'], concurrency: 1, handle: jest.fn() };
  const topics = { ensure } as unknown as KafkaTopics;
  return new KafkaConsumer(kafka, topics, subscription, new KafkaConnectionStatus(logger), logger);
}

describe('a Kafka consumer', () => {
  it('has one listener of its stop, however often it has connected again', async () => {
    const { kafka, events } = fakeKafka();
    const consumer = consumerOf(kafka);
    const { signal } = (consumer as unknown as { closing: AbortController }).closing;
    consumer.start();
    for (let crash = 1; crash <= 3; crash++) {
      await once(events, 'run');
      expect(getEventListeners(signal, 'abort')).toHaveLength(1);
      events.emit('crash', { payload: { error: new Error('gone') } });
    }
    await once(events, 'run');
    await consumer.stop(60_000);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('that is stopped before it connects ends at once', async () => {
    const { kafka, events } = fakeKafka();
    const ended = jest.fn();
    events.on('disconnect', ended);
    let reached = (): void => undefined;
    const ready = new Promise<void>((resolve) => (reached = resolve));
    const consumer = consumerOf(kafka, () => ready);
    consumer.start();
    const stopped = consumer.stop(60_000);
    reached();
    await stopped;
    expect(ended).toHaveBeenCalledTimes(1);
  });
});

describe('a reader of Kafka', () => {
  it('leaves no timer behind when it fails', async () => {
    jest.useFakeTimers();
    try {
      const { kafka } = fakeKafka(() => Promise.reject(new Error('refused')));
      await expect(new KafkaReader(kafka).all(['a'])).rejects.toThrow('refused');
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
