import { PeriodicTask } from '../../../src/common/periodic-task';
import { loadConfig } from '../../../src/config/config';
import { databaseRequestMs } from '../../../src/config/database-times';
import { Health } from '../../../src/modules/operations/health';
import type { HealthStore } from '../../../src/modules/operations/store';
import { Breaker, breakerPresets } from '../../../src/platform/circuit-breaker/breaker';
import { DatabaseContact } from '../../../src/platform/database/connection/contact';
import { Database } from '../../../src/platform/database/database';
import type { DatabaseRefusals } from '../../../src/platform/database/refusals';
import { KafkaConnectionStatus } from '../../../src/platform/kafka';
import { createLogger } from '../../../src/platform/observability/logger';
import { BACK_MS, STALLS_MS, virtualMariadb } from '../../support/servers/virtual-mariadb';
import { useFakeTime } from '../circuit-breaker/given';

jest.mock('../../../src/platform/database/connection/connector', () => ({
  connector: jest.requireActual<{ virtualMariadb: object }>('../../support/servers/virtual-mariadb')
    .virtualMariadb,
}));

const STEP_MS = 20;
const CALLS_PER_STEP = 4;
/** How long calls are observed before a stall and after the return. */
const CALM_MS = 1000;
/** Of readiness. */
const PROBE_LIMIT_MS = 1000;

/** The product's own limits, not those of the tests. */
const config = loadConfig({ TOKEN_SECRET: process.env['TOKEN_SECRET'] ?? '' });
const logger = createLogger('silent', 'test');

describe('breaker, pool and readiness around a database that stands still', () => {
  useFakeTime();

  function given() {
    const database = new Database({
      url: config.DATABASE_URL,
      poolMax: config.DATABASE_POOL_MAX,
      acquireMs: config.DATABASE_ACQUIRE_TIMEOUT_MS,
      timeoutMs: config.DATABASE_TIMEOUT_MS,
    });
    const states: string[] = [];
    const breaker = new Breaker(
      'concertService',
      { ...breakerPresets.study, timeoutMs: databaseRequestMs(config) + 500 },
      {
        isIgnored: () => false,
        listener: { onOutcome: () => undefined, onState: (_, to) => states.push(to) },
      },
    );
    const lateMs = databaseRequestMs(config) + 2 * DatabaseContact.INTERVAL_MS;
    const contact = new DatabaseContact(database, breaker, lateMs);
    const task = new PeriodicTask('contact', DatabaseContact.INTERVAL_MS, () => contact.probe(), logger);
    const store = { checkWritable: () => Promise.resolve() } as unknown as HealthStore;
    const refusals = { isFull: false } as unknown as DatabaseRefusals;
    const kafka = new KafkaConnectionStatus(logger);
    const health = new Health(database, refusals, store, kafka, config, logger);
    return { database, breaker, states, task, health };
  }

  /** Calls begin all the time, whether the earlier ones are answered or not. @returns how those of this time ended */
  async function load({ breaker, database }: ReturnType<typeof given>, ms: number): Promise<string[]> {
    const calls: Promise<string>[] = [];
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      for (let i = 0; i < CALLS_PER_STEP; i++)
        calls.push(
          breaker
            .run(() => database.execute('UPDATE seat SET id = id'))
            .then(
              () => 'done',
              (error: unknown) => (error as Error).name,
            ),
        );
      await jest.advanceTimersByTimeAsync(STEP_MS);
    }
    const ended: string[] = [];
    for (const call of calls) void call.then((end) => ended.push(end));
    await jest.advanceTimersByTimeAsync(STEP_MS);
    return ended;
  }

  const databaseOf = async (health: Health): Promise<unknown> => {
    const report = health.report();
    await jest.advanceTimersByTimeAsync(PROBE_LIMIT_MS);
    return (await report).dependencies['database']?.status;
  };

  /** All that must be as before, and nothing that is left over. */
  async function expectNormal(of: ReturnType<typeof given>): Promise<void> {
    const ended = await load(of, CALM_MS);
    expect(ended).toEqual(Array.from({ length: (CALM_MS / STEP_MS) * CALLS_PER_STEP }, () => 'done'));
    expect(of.breaker.state).toBe('closed');
    expect(of.database.pool).toMatchObject({ inUse: 0, waiting: 0 });
    expect(of.database.pool.open).toBeLessThanOrEqual(config.DATABASE_POOL_MAX);
    expect(await databaseOf(of.health)).toBe('up');
  }

  it('give up a transaction of models in time, also when its BEGIN is not answered', async () => {
    const { database } = given();
    const warned = jest.spyOn(console, 'warn').mockReturnValue(); // by Sequelize, of a ROLLBACK that failed
    const outcomeWithin = async (ms: number): Promise<unknown> => {
      let outcome: unknown = 'open';
      void database
        .modelTransaction((tx) => tx.execute('UPDATE seat SET id = id'))
        .then(
          () => (outcome = 'done'),
          (error: unknown) => (outcome = (error as Error).name),
        );
      await jest.advanceTimersByTimeAsync(ms);
      return outcome;
    };
    expect(await outcomeWithin(CALM_MS)).toBe('done'); // leaves an idle connection
    virtualMariadb.standStill();
    expect(await outcomeWithin(config.DATABASE_TIMEOUT_MS + STEP_MS)).toBe('DatabaseUnavailable');
    expect(database.pool).toMatchObject({ inUse: 0, waiting: 0 });
    virtualMariadb.goOn();
    expect(await outcomeWithin(CALM_MS)).toBe('done');
    warned.mockRestore();
  });

  it.each(STALLS_MS)('are back to normal within 5 s after %d ms without an answer', async (ms) => {
    const of = given();
    of.task.start();
    await expectNormal(of);
    virtualMariadb.standStill();
    const report = of.health.report();
    await load(of, ms);
    virtualMariadb.goOn();
    await load(of, BACK_MS);
    expect((await report).dependencies['database']?.status).toBe(ms >= PROBE_LIMIT_MS ? 'down' : 'up');
    await expectNormal(of);
    expect(of.states.includes('open')).toBe(ms >= 3000); // else this would prove nothing of a breaker
    await of.task.stop();
    of.breaker.shutdown();
  });

  it.each(STALLS_MS)(
    'are back to normal within 5 s after the process has stood still for %d ms',
    async (ms) => {
      const of = given();
      of.task.start();
      await expectNormal(of);
      virtualMariadb.standStill(); // its answers lie in the sockets
      const before = Array.from({ length: 100 }, () =>
        of.breaker.run(() => of.database.execute('UPDATE seat SET id = id')).catch(() => undefined),
      );
      await jest.advanceTimersByTimeAsync(STEP_MS);
      jest.advanceTimersByTime(ms); // all timers that are due, and nothing between them
      virtualMariadb.goOn();
      await load(of, BACK_MS);
      await Promise.all(before);
      await expectNormal(of);
      await of.task.stop();
      of.breaker.shutdown();
    },
  );
});
