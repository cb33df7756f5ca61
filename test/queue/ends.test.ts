import { connectRedis, type Redis } from '../../src/infra/redis';
import type { Ends } from '../../src/modules/queue/ends';
import { PresenceMarks } from '../../src/modules/queue/presence';
import { LOST, type QueueRules } from '../../src/modules/queue/store';
import { at } from '../support/at';
import { testConfig } from '../support/config';
import { Rooms } from '../support/rooms';
import { wait } from '../support/wait';

const RULES: QueueRules = { leaseMs: 60_000, waitMs: 600_000, idleMs: 0, awayMs: 60_000, tickMs: 1 };
const QUIET_MS = 2100;

describe('what a queue knows of ended sessions after Redis has lost it', () => {
  let redis: Redis;
  const opened: Rooms[] = [];

  beforeAll(async () => {
    redis = connectRedis(testConfig().REDIS_URL, 20_000);
    await redis.connect();
  });
  afterAll(async () => {
    for (const rooms of opened) await rooms.lose();
    redis.disconnect();
  });

  const open = (cap: number, rules: Partial<QueueRules> = {}): Rooms => {
    const rooms = new Rooms(redis, { ...RULES, ...rules }, cap);
    opened.push(rooms);
    return rooms;
  };

  const marked = (...seqs: number[]): Ends['done'] => {
    const marks = new PresenceMarks();
    for (const seq of seqs) marks.add(seq);
    return marks.take();
  };

  it('tells a token that has paid that it is DONE from the first moment on, and never admits it', async () => {
    const rooms = open(1);
    const room = rooms.open();
    const [paid, next, last] = [await room.issue(1), await room.issue(2), await room.issue(3)];
    await room.refresh();
    await room.finish(paid.seq);
    rooms.repository.paid.add(paid.seq);
    await room.finish(next.seq);
    rooms.repository.paid.add(next.seq);
    await room.refresh();
    await rooms.lose();
    const other = rooms.open(); // has no copy, and is the first to be asked
    expect(await other.settle(paid)).toMatchObject({ status: 'DONE' });
    expect(await room.settle(next)).toMatchObject({ status: 'DONE' });
    await room.refresh(); // gives back whom it knows to be active
    await wait(QUIET_MS);
    await room.tick();
    expect([...(await rooms.scores('active')).keys()]).toEqual([last.seq]);
  });

  it('tells a token whose lease has ended that it is EXPIRED, as far as a process has seen it', async () => {
    const rooms = open(1, { leaseMs: 50 });
    const room = rooms.open();
    const ended = await room.issue(1);
    await room.refresh();
    await wait(60);
    await room.tick();
    await room.refresh();
    expect(await room.settle(ended)).toMatchObject({ status: 'EXPIRED' });
    await rooms.lose();
    await room.tick();
    expect(await room.settle(ended)).toMatchObject({ status: 'EXPIRED' });
  });

  it('makes no state from a part of what it was sent', async () => {
    const rooms = open(1);
    const known = { issued: 10, serving: 10, gen: 1 };
    const far = marked(...Array.from({ length: 40 }, (_, i) => i * 65_536 + 1)); // three pieces
    const restored = rooms.store.restore(known, 1, [], undefined, { done: far, expired: [] });
    const wiped = rooms.lose();
    const [made] = await Promise.all([restored, wiped]);
    if (made === LOST) expect(await redis.hget(at(rooms.keys.place, 0), 'issued')).toBeNull();
    const again = await rooms.store.restore(known, 1, [], undefined, { done: far, expired: [] });
    expect(again).not.toBe(LOST);
    expect(await redis.keys(`${rooms.keys.prefix}done:*`)).toHaveLength(40);
  });

  it('mends nothing that is lost without knowing of ended sessions', async () => {
    const rooms = open(1);
    expect(await rooms.store.restore({ issued: 3, serving: 1, gen: 1 }, 1, [], undefined, null)).toBe(LOST);
    expect(await redis.exists(at(rooms.keys.place, 0))).toBe(0);
  });

  it('gives back 60,000 leases and marks as many active users, in pieces', async () => {
    const count = 60_000;
    const rooms = open(count);
    const leaseUntilMs = Date.now() + 600_000;
    const leases = Array.from({ length: count }, (_, i) => ({ seq: i + 1, leaseUntilMs }));
    const known = { issued: count, serving: count, gen: 1 };
    expect(await rooms.store.restore(known, count, leases)).toMatchObject({ serving: count });
    expect(await redis.zcard(at(rooms.keys.place, 1))).toBe(count);
    const active = leases.map(({ seq }) => seq);
    const bitmaps = marked(...Array.from({ length: 60 }, (_, i) => i * 65_536 + 5));
    expect(await rooms.store.mark({ bitmaps, active, askedMs: 0 }, count)).toBe('OK');
    const room = rooms.open();
    await room.refresh();
    expect(room.snapshot.inside).toBe(count);
    await rooms.lose();
    await room.tick(); // the process that has the copy gives all of it back
    expect(await redis.zcard(at(rooms.keys.place, 1))).toBe(count);
  }, 60_000);
});
