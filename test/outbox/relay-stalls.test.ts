import { loadConfig } from '../../src/config/config';
import type { Destination } from '../../src/modules/outbox/delivery/destination';
import { OutboxRelay } from '../../src/modules/outbox/delivery/relay';
import type { OutboxEvent, OutboxRepository } from '../../src/modules/outbox/repository';
import { Topics } from '../../src/modules/outbox/topics';
import { Database } from '../../src/platform/database/database';
import { createLogger } from '../../src/platform/observability/logger';
import { useFakeTime } from '../platform/circuit-breaker/given';
import { BACK_MS, STALLS_MS, virtualMariadb } from '../support/servers/virtual-mariadb';

jest.mock('../../src/platform/database/connection/connector', () => ({
  connector: jest.requireActual<{ virtualMariadb: object }>('../support/servers/virtual-mariadb')
    .virtualMariadb,
}));

const EVERY_MS = 100;
/** In which the producer has an acknowledgement, or fails. */
const ACKNOWLEDGED_WITHIN_MS = 3000;
const config = loadConfig({ TOKEN_SECRET: process.env['TOKEN_SECRET'] ?? '' });

describe('the outbox relay after a stall', () => {
  useFakeTime();

  /** A relay whose outbox is a list, at a database that can stand still, before a broker that can as well. */
  function given() {
    const database = new Database({
      url: config.DATABASE_URL,
      poolMax: 4,
      acquireMs: config.DATABASE_ACQUIRE_TIMEOUT_MS,
      timeoutMs: config.DATABASE_TIMEOUT_MS,
    });
    const [open, delivered]: [OutboxEvent[], number[]] = [[], []];
    const asked = <T>(give: () => T): Promise<T> => database.execute('SELECT 1').then(give);
    const outbox = {
      fresh: () => asked(() => open.slice(0, 100)),
      due: () => asked(() => []),
      markDelivered: (ids: number[]) =>
        asked(() => void open.splice(0, open.length, ...open.filter(({ id }) => !ids.includes(id)))),
      postponeBehind: () => Promise.resolve(),
    };
    const broker = {
      ready: true,
      isStill: false,
      interrupt: () => undefined,
      /** As the producer does it: it fails when there is no acknowledgement in time. */
      deliver(events: OutboxEvent[]): Promise<number[]> {
        if (this.isStill)
          return new Promise((_resolve, reject) =>
            setTimeout(() => reject(new Error('no acknowledgement')), ACKNOWLEDGED_WITHIN_MS),
          );
        delivered.push(...events.map(({ id }) => id));
        return Promise.resolve(events.map(({ id }) => id));
      },
    };
    const relay = new OutboxRelay(
      database,
      outbox as unknown as OutboxRepository,
      new Topics(),
      broker satisfies Destination,
      { keep: () => Promise.resolve() },
      config,
      createLogger('silent', 'test'),
    );
    let last = 0;
    const emit = (): number => {
      open.push({ id: ++last, earlierId: null } as OutboxEvent);
      return last;
    };
    return { relay, broker, open, delivered, emit };
  }
  type Of = ReturnType<typeof given>;

  async function pass({ emit }: Of, ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += EVERY_MS) {
      emit();
      await jest.advanceTimersByTimeAsync(EVERY_MS);
    }
  }

  const STALLS: Record<string, (of: Of, ms: number) => Promise<void>> = {
    database: async (of, ms) => {
      virtualMariadb.standStill();
      await pass(of, ms);
      virtualMariadb.goOn();
    },
    broker: async (of, ms) => {
      of.broker.isStill = true;
      await pass(of, ms);
      of.broker.isStill = false;
    },
    process: (_of, ms) => {
      virtualMariadb.standStill(); // its answers lie in the sockets
      jest.advanceTimersByTime(ms); // all timers that are due, and nothing between them
      virtualMariadb.goOn();
      return Promise.resolve();
    },
  };

  it.each(Object.keys(STALLS).flatMap((part) => STALLS_MS.map((ms): [string, number] => [part, ms])))(
    'has delivered everything within 5 s, in order: %s, %d ms',
    async (part, ms) => {
      const of = given();
      of.relay.start();
      await pass(of, 1000);
      expect(of.delivered.length).toBeGreaterThan(0);
      await STALLS[part]?.(of, ms);
      await pass(of, BACK_MS);
      const last = of.emit();
      await jest.advanceTimersByTimeAsync(1000); // as soon as before the stall
      expect(of.open).toEqual([]);
      const firstTimes = [...new Set(of.delivered)];
      expect(firstTimes).toEqual(Array.from({ length: last }, (_, i) => i + 1));
      const stopped = of.relay.stop();
      await jest.advanceTimersByTimeAsync(1000);
      await stopped;
    },
  );
});
