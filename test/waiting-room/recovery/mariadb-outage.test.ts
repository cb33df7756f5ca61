import { BreakerMetrics } from '../../../src/platform/circuit-breaker/metrics';
import { createLogger } from '../../../src/platform/observability/logger';
import { Metrics } from '../../../src/platform/observability/metrics';
import { Breakers } from '../../../src/modules/operations/breakers';
import { FixedLimit } from '../../../src/modules/waiting-room/admission/policy';
import { WaitingRoomMetrics } from '../../../src/modules/waiting-room/metrics';
import type { StoreGuards } from '../../../src/modules/waiting-room/recovery/guards';
import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { testConfig } from '../../support/config';
import { Rooms } from '../../support/rows/rooms';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const RULES: QueueRules = {
  sessionMs: 60_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 30_000,
  admissionIntervalMs: 100,
};
/** More than the calls after which either breaker opens when all of them fail. */
const REQUESTS = 120;

describe('while MariaDB is away and the queue’s state must be restored', () => {
  const time = useVirtualTime();
  let rooms: Rooms;
  let room: WaitingRoom;
  let breakers: Breakers;

  beforeEach(async () => {
    const logger = createLogger('silent', 'test');
    const config = testConfig({ DATABASE_ACQUIRE_TIMEOUT_MS: 100, DATABASE_TIMEOUT_MS: 100 });
    breakers = new Breakers(config, new BreakerMetrics(new Metrics()), logger);
    const guards: StoreGuards = {
      redis: (call) => breakers.queue.run(call),
      database: (call) => breakers.concert.run(call),
      databaseForTasks: (call) => call(),
    };
    rooms = new Rooms(time.redis, RULES, 1);
    const metrics = new WaitingRoomMetrics(new Metrics());
    room = new WaitingRoom(rooms.store, new FixedLimit(1), rooms.repository, metrics, logger, guards);
    await room.entries.issue(1);
    await room.refresh();
    await rooms.lose();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    breakers.shutdown();
    await rooms.lose();
  });

  it('requests fail and open the breaker concertService, while queueService stays closed', async () => {
    jest.spyOn(rooms.repository, 'find').mockRejectedValue(new Error('MariaDB is away'));
    const failures = [];
    for (let i = 0; i < REQUESTS; i++)
      failures.push(await room.entries.issue(i + 2).catch((error: unknown) => error));
    expect(failures.filter((failure) => failure instanceof Error)).toHaveLength(REQUESTS);
    expect([breakers.queue.state, breakers.concert.state]).toEqual(['closed', 'open']);
  });

  it('background tasks fail and count for no breaker', async () => {
    jest.spyOn(rooms.repository, 'find').mockRejectedValue(new Error('MariaDB is away'));
    const failures = [];
    for (let i = 0; i < REQUESTS; i++) {
      const turn = [() => room.tick(), () => room.refresh(), () => room.flushPresence()][i % 3];
      failures.push(await turn?.().catch((error: unknown) => error));
    }
    expect(failures.filter((failure) => failure instanceof Error).length).toBeGreaterThan(REQUESTS / 2);
    expect([breakers.queue.state, breakers.concert.state]).toEqual(['closed', 'closed']);
  });

  it('a MariaDB that does not answer keeps queueService closed', async () => {
    jest.spyOn(rooms.repository, 'find').mockReturnValue(new Promise(() => undefined));
    const requests = Array.from({ length: REQUESTS }, (_, i) => room.entries.issue(i + 2));
    const outcomes = await Promise.allSettled(requests);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(REQUESTS);
    expect(breakers.queue.state).toBe('closed');
  });

  it('the state is restored as soon as MariaDB answers', async () => {
    jest.spyOn(rooms.repository, 'find').mockRejectedValueOnce(new Error('MariaDB is away'));
    await expect(room.entries.issue(2)).rejects.toThrow('MariaDB is away');
    expect(await room.entries.issue(2)).toMatchObject({ status: 'WAITING', isNew: true });
  });
});
