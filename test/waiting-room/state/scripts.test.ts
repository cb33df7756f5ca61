import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import { at } from '../../support/at';
import { ScriptQueue, useScriptQueues } from '../../support/queue/script-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

describe('the waiting room’s scripts', () => {
  const time = useVirtualTime();
  const { redis } = time;
  const newQueue = useScriptQueues(time.redis);

  it('the first entries are admitted at once, the others have positions', async () => {
    const queue = await newQueue();
    const entries = [await queue.issue(1), await queue.issue(2), await queue.issue(3), await queue.issue(4)];
    expect(entries.map((p) => `${p.seq} ${p.status}`)).toEqual([
      '1 PROGRESS',
      '2 PROGRESS',
      '3 WAITING',
      '4 WAITING',
    ]);
    expect([await queue.status(at(entries, 2)), await queue.status(at(entries, 3))]).toEqual([
      'WAITING 1',
      'WAITING 2',
    ]);
  });

  it('a user gets the same entry while it is live', async () => {
    const queue = await newQueue();
    const first = await queue.issue(7);
    expect(await queue.issue(7)).toEqual({ ...first, isNew: false });
    await queue.store.endSession(first.seq, queue.limit, 0);
    expect((await queue.issue(7)).seq).toBe(2);
  });

  it('the next entry is admitted at once when a user has paid', async () => {
    const queue = await newQueue({}, 1);
    const [active, next] = [await queue.issue(1), await queue.issue(2)];
    await queue.store.endSession(active.seq, queue.limit, 0);
    expect(await queue.status(active)).toBe('DONE');
    expect(await queue.status(next)).toBe('PROGRESS');
  });

  it('a session ends at its deadline', async () => {
    const queue = await newQueue({ sessionMs: 80 }, 1);
    const [active, next] = [await queue.issue(1), await queue.issue(2)];
    await time.pass(100);
    expect(await queue.status(active)).toBe('EXPIRED');
    await queue.admit();
    expect(await queue.status(next)).toBe('PROGRESS');
    expect((await queue.issue(1)).seq).toBe(3); // a new turn, at the end of the queue
  });

  it('an absent user is passed over, and admitted first after rejoining', async () => {
    const queue = await newQueue({ presenceTimeoutMs: 400 }, 1);
    const [active, absent, patient, last] = [
      await queue.issue(1),
      await queue.issue(2),
      await queue.issue(3),
      await queue.issue(4),
    ];
    for (let i = 0; i < 5; i++) {
      await time.pass(100);
      await queue.admit();
      await queue.resolve(patient);
      await queue.resolve(last);
    }
    expect(await queue.status(patient)).toBe('WAITING 1'); // the one absent is not counted
    await queue.store.endSession(active.seq, queue.limit, 0);
    expect(await queue.status(patient)).toBe('PROGRESS');
    expect(await queue.status(absent)).toBe('WAITING 1'); // back: next, before the one behind it
    expect(await queue.status(last)).toBe('WAITING 2');
    await queue.store.endSession(patient.seq, queue.limit, 0);
    expect([await queue.status(absent), await queue.status(last)]).toEqual(['PROGRESS', 'WAITING 1']);
  });

  it('an idle user’s session goes to the next entry, and the user may rejoin', async () => {
    const queue = await newQueue({ idleTimeoutMs: 80 }, 1);
    const [idle, next] = [await queue.issue(1), await queue.issue(2)];
    await time.pass(100);
    expect((await queue.admit()).idle).toBe(1);
    expect(await queue.status(next)).toBe('PROGRESS');
    expect(await queue.status(idle)).toBe('WAITING 1');
    await queue.store.endSession(next.seq, queue.limit, 0);
    expect(await queue.status(idle)).toBe('PROGRESS');
  });

  it('a user who polls or holds a seat is not idle', async () => {
    const queue = await newQueue({ idleTimeoutMs: 150 }, 2);
    const [asking, holding] = [await queue.issue(1), await queue.issue(2)];
    await queue.store.extendSession(holding.seq, 60_000);
    for (let i = 0; i < 4; i++) {
      await time.pass(70);
      await queue.resolve(asking);
      await queue.admit();
    }
    expect([await queue.status(asking), await queue.status(holding)]).toEqual(['PROGRESS', 'PROGRESS']);
  });

  it('a user who has waited too long is EXPIRED, and gets a new entry on request', async () => {
    const queue = await newQueue({ maxWaitMs: 80 }, 1);
    await queue.issue(1);
    const waiter = await queue.issue(2);
    await time.pass(100);
    expect(await queue.status(waiter)).toBe('EXPIRED');
    expect((await queue.issue(2)).seq).toBe(3);
  });

  it('only one of several simultaneous ticks has an effect', async () => {
    const queue = await newQueue({ admissionIntervalMs: 1000 }, 1);
    const ticks = await Promise.all(Array.from({ length: 5 }, () => queue.admit()));
    expect(ticks).toHaveLength(5);
    const { seq } = await queue.issue(1);
    await queue.issue(2);
    const { state, active } = queueKeys(queue.store.queueId);
    await redis.zrem(active, seq);
    await redis.hdel(state, 'has:active'); // else the state would be lost
    expect((await queue.admit()).admitted).toEqual([]); // within the same tick: no effect
  });

  it('admission crosses segment borders and gaps', async () => {
    const queue = await newQueue({}, 1);
    const { state } = queueKeys(queue.store.queueId);
    await redis.hset(state, { issued: 65_534, headSeq: 65_534 });
    const entries = [];
    for (let user = 1; user <= 5; user++) entries.push(await queue.issue(user));
    expect(entries.map((p) => p.seq)).toEqual([65_535, 65_536, 65_537, 65_538, 65_539]);
    expect(await queue.status(at(entries, 4))).toBe('WAITING 4');
    for (const one of entries) {
      expect(await queue.status(one)).toBe('PROGRESS');
      await queue.store.endSession(one.seq, queue.limit, 0);
    }
    await redis.hset(state, { issued: 5_000_000 }); // a gap of many empty segments
    expect((await queue.issue(9)).seq).toBe(5_000_001);
    expect((await queue.admit()).admitted).toEqual([5_000_001]);
    expect((await queue.snapshot()).active).toBe(1);
  });

  it('ten thousand entries are admitted in order, a thousand per tick', async () => {
    const queue = await newQueue({}, 1);
    const first = await queue.issue(1);
    const { state, prefix } = queueKeys(queue.store.queueId);
    await redis.hset(state, 'issued', 10_001);
    for (const epoch of [0, 1, 2])
      await redis.setrange(`${prefix}present:${epoch}:0`, 0, Buffer.alloc(2000, 0xff));
    const wide = new ScriptQueue(queue.store, 10_001);
    for (let ticks = 1; ticks <= 10; ticks++)
      expect((await wide.admit()).admitted.at(-1)).toBe(first.seq + ticks * 1000);
    // More than one reply lists.
    const { active, whole, changes } = await wide.snapshot();
    expect({ active, whole, listed: new Set(changes.map(({ seq }) => seq)).size }).toEqual({
      active: 10_001,
      whole: true,
      listed: 10_001,
    });
    expect(changes.every(({ sessionUntilMs = 0 }) => sessionUntilMs > 0)).toBe(true);
  });

  it('the next tick goes on at once when one has admitted as many as it may', async () => {
    const queue = await newQueue({ admissionIntervalMs: 60_000 }, 1);
    await queue.issue(1);
    const { state, prefix } = queueKeys(queue.store.queueId);
    await redis.hset(state, 'issued', 2501);
    for (const epoch of [0, 1, 2])
      await redis.setrange(`${prefix}present:${epoch}:0`, 0, Buffer.alloc(400, 0xff));
    const wide = new ScriptQueue(queue.store, 9999);
    const counts = [];
    for (let ticks = 1; ticks <= 4; ticks++) counts.push((await wide.admit()).admitted.length);
    expect(counts).toEqual([1000, 1000, 500, 0]);
  });

  it('a presence report makes exactly the reported entries present', async () => {
    const queue = await newQueue();
    await redis.hset(queueKeys(queue.store.queueId).state, 'issued', 70_000);
    const bitmaps: [number, number, Buffer][] = [
      [0, 0, Buffer.from([0x80])],
      [1, 3, Buffer.from([0x40])],
    ];
    await queue.store.flushPresence({ bitmaps, active: [], longestPollIntervalMs: 0 }, 0);
    await queue.store.flushPresence(
      { bitmaps: [[1, 1, Buffer.from([0x20])]], active: [], longestPollIntervalMs: 0 },
      0,
    );
    expect((await queue.snapshot()).bitmaps.map(({ segmentId, bitmap }) => [segmentId, [...bitmap]])).toEqual(
      [
        [0, [0x80]],
        [1, [0, 0x20, 0, 0x40]],
      ],
    );
  });

  it('a rejoined user who has paid meanwhile does not count as ahead', async () => {
    const queue = await newQueue({ idleTimeoutMs: 60 }, 1);
    const [idle, next, last] = [await queue.issue(1), await queue.issue(2), await queue.issue(3)];
    await time.pass(80);
    await queue.admit();
    expect([await queue.status(idle), await queue.status(next)]).toEqual(['WAITING 1', 'PROGRESS']);
    expect(await queue.status(last)).toBe('WAITING 2');
    await queue.store.endSession(idle.seq, queue.limit, 0); // its payment was under way
    expect([await queue.status(idle), await queue.status(last)]).toEqual(['DONE', 'WAITING 1']);
  });

  it('every key expires, except those that the queue owns', async () => {
    const queue = await newQueue({ idleTimeoutMs: 1000 }, 1);
    const first = await queue.issue(1);
    await queue.issue(2);
    await queue.store.endSession(first.seq, queue.limit, 0);
    const { prefix, scriptKeys } = queueKeys(queue.store.queueId);
    const keys = await redis.keys(`${prefix.replace(/[[\]]/g, '\\$&')}*`);
    const immortal = [];
    for (const key of keys) if ((await redis.ttl(key)) === -1) immortal.push(key);
    const owned = [...scriptKeys, `${prefix}log`, `${prefix}changed`, `${prefix}leaves`];
    expect(immortal.filter((key) => !owned.includes(key))).toEqual([]);
    expect(keys.length).toBeGreaterThan(4);
  });
});
