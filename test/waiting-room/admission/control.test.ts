import { AdaptiveLimit } from '../../../src/modules/waiting-room/admission/policy';
import { emptySignals, recordRequest } from '../../../src/modules/waiting-room/admission/signals';
import { useObservedQueues } from '../../support/queue/observed-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('admission control', () => {
  const time = useVirtualTime();
  const newQueue = useObservedQueues(time.redis);

  const adaptive = new AdaptiveLimit({ targetP99Ms: 200, min: 10, max: 1000, start: 10 });

  it('lets the controller set the limit where it is auto', async () => {
    const { room, rooms } = newQueue(10, {}, adaptive);
    await room.entries.issue(1);
    const signals = emptySignals();
    for (let i = 0; i < 30; i++) recordRequest(signals, 5, false, true);
    await room.coordinateAdmission(signals);
    expect(await time.redis.hget(rooms.keys.state, 'autoLimit')).toBe('10');
    await room.refresh();
    expect(room.limits).toMatchObject({ activeLimit: 10, source: 'auto' });
  });

  it('decides once a second, however often signals are reported', async () => {
    const { room, rooms } = newQueue(10, {}, adaptive);
    await room.entries.issue(1);
    const turns = [];
    for (const ms of [0, 0, 949, 1, 950]) {
      await time.pass(ms);
      await room.coordinateAdmission(emptySignals());
      const kept = (await time.redis.hget(rooms.keys.state, 'controllerState')) ?? '{}';
      turns.push((JSON.parse(kept) as { state: { second: number } }).state.second);
    }
    expect(turns).toEqual([1, 1, 1, 2, 3]);
  });

  it('begins with another start that becomes known, once the queue is empty', async () => {
    const policy = new AdaptiveLimit({ targetP99Ms: 200, min: 1, max: 1000, start: 10 });
    const { room, rooms } = newQueue(10, {}, policy);
    const { seq } = await room.entries.issue(1);
    const limitNow = async (): Promise<string | null> => {
      await time.pass(950);
      await room.refresh();
      await room.coordinateAdmission(emptySignals());
      return time.redis.hget(rooms.keys.state, 'autoLimit');
    };
    expect(await limitNow()).toBe('10');
    policy.startAt(80);
    expect(await limitNow()).toBe('10'); // somebody is active
    await room.entries.endSession(seq);
    expect(await limitNow()).toBe('80');
    policy.startAt(undefined);
    expect(await limitNow()).toBe('10');
  });

  it('adds to the limit the active users without a request for ten seconds', async () => {
    const { room, rooms } = newQueue(10, { idleTimeoutMs: 20_000 }, adaptive);
    await room.entries.issue(1);
    await time.pass(10_001);
    await room.entries.issue(2);
    await room.coordinateAdmission(emptySignals());
    expect(await time.redis.hget(rooms.keys.state, 'autoLimit')).toBe('11');
  });

  it('has no controller where the limit is fixed', async () => {
    const { room, rooms } = newQueue(10);
    await room.entries.issue(1);
    await room.coordinateAdmission(emptySignals());
    expect(await time.redis.hget(rooms.keys.state, 'autoLimit')).toBeNull();
  });

  it('counts and logs an operator override', async () => {
    const queue = newQueue(10);
    const { room, rooms, logged } = queue;
    await room.entries.issue(1);
    await room.applyOverride('limit', 3);
    expect(room.limits).toMatchObject({ activeLimit: 3, source: 'operator' });
    await room.applyOverride('pause', 0);
    expect(room.limits.paused).toBe(true);
    expect(logged).toMatchObject([
      { level: 'warn', msg: 'operator override set', queue: rooms.queueId, command: 'limit', value: 3 },
      { level: 'warn', command: 'pause' },
    ]);
    expect(logged[1]).not.toHaveProperty('value');
    expect([
      await queue.metric('concert_queue_operator_commands_total', 'limit'),
      await queue.metric('concert_queue_paused'),
    ]).toEqual([1, 1]);
  });
});
