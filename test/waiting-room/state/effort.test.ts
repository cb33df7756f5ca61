import { WaitingRoomMetrics } from '../../../src/modules/waiting-room/metrics';
import { PresenceMarks } from '../../../src/modules/waiting-room/snapshot/presence-marks';
import { SEGMENT } from '../../../src/modules/waiting-room/snapshot/segment';
import type { BitmapPiece, QueueProgress } from '../../../src/modules/waiting-room/state/results';
import { Metrics } from '../../../src/platform/observability/metrics';
import { RedisUnavailable } from '../../../src/platform/redis/redis';
import { countEffort } from '../../support/queue/effort';
import { must } from '../../support/queue/script-queue';
import { useVirtualTime, virtualTime } from '../../support/queue/virtual-time';
import { Rooms } from '../../support/rows/rooms';
import { QueueStore } from '../../../src/modules/waiting-room/state/store';
import { faultsOf, publicLeaves } from '../../transparency/memory-log';

jest.mock('../../../src/common/clock', () => ({ monotonicMs: () => virtualTime.nowMs }));

const MANY = 25_000;
/** Of one call: less than a command for each of many. */
const MOST = 20_000;
const RULES = {
  sessionMs: 600_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 600_000,
  presenceTimeoutMs: 600_000,
  admissionIntervalMs: 0,
};

const numbers = (count: number, first = 1): number[] => Array.from({ length: count }, (_, i) => first + i);

/** A pair for each of many seqs, in pieces that are flat. */
function* pieces<T>(pairOf: (seq: number) => [T, string | number]): Generator<(T | string | number)[]> {
  for (let first = 1; first <= MANY; first += 1000) yield numbers(1000, first).flatMap(pairOf);
}

function marksOf(seqs: number[]): BitmapPiece[] {
  const marks = new PresenceMarks();
  for (const seq of seqs) marks.add(seq);
  return marks.drain();
}

describe('the work of one script call', () => {
  const { redis } = useVirtualTime();
  const effort = countEffort(redis);
  let rooms: Rooms;
  let limit: number;

  beforeEach(() => {
    limit = 2 * MANY;
    rooms = new Rooms(redis, RULES, limit);
  });
  afterEach(async () => {
    const largest = Object.entries(await effort.takeLargest());
    await rooms.lose();
    expect(largest.filter(([, most]) => most > MOST)).toEqual([]);
  });

  /** A queue with that many active users. @param until their deadlines */
  async function crowd(until = virtualTime.nowMs + RULES.sessionMs): Promise<QueueProgress> {
    const progress = must(await rooms.store.restore({ issued: 2 * MANY, headSeq: 2 * MANY, gen: 1 }, limit));
    const { active, idle, state } = rooms.keys;
    for (const pairs of pieces((seq) => [until + (seq % 7), seq])) await redis.zadd(active, ...pairs);
    for (const pairs of pieces((seq) => [until, seq])) await redis.zadd(idle, ...pairs);
    await redis.hset(state, 'has:active', 2 ** 53);
    return progress;
  }

  const gen = async (): Promise<number> => (await rooms.numbers('gen'))[0] ?? 0;

  const admitAll = async (): Promise<void> => {
    while (must(await rooms.store.admit(limit, 0)).more);
  };

  const leaves = async (): Promise<string[]> =>
    publicLeaves(await redis.lrangeBuffer(rooms.keys.leaves, 0, -1));

  it('is bounded at a failover, also when a process ends between two pieces or two restore at once', async () => {
    const known = await crowd();
    for (const gone of pieces((bucket) => [`has:users:${bucket}`, virtualTime.nowMs + RULES.sessionMs]))
      await redis.hset(rooms.keys.state, ...gone);
    const paid = numbers(MANY / 10).map((i) => 10 * i);
    const ends = { done: marksOf(paid), expired: [] };
    await rooms.moveToAnotherServer();
    const sessions = numbers(MANY).map((seq) => ({
      seq,
      sessionUntilMs: virtualTime.nowMs + RULES.sessionMs,
    }));
    const restore = (store = rooms.store) => store.restore(known, limit, sessions, undefined, ends);
    effort.endBefore('prepare', 20);
    await expect(restore()).rejects.toThrow(RedisUnavailable);
    expect(await rooms.store.admit(limit, 0)).toBe('state-lost');
    const other = new QueueStore(redis, rooms.queueId, RULES, new WaitingRoomMetrics(new Metrics()));
    const [one, two] = await Promise.all([restore(), restore(other)]);
    expect(one).toEqual(two);
    expect(one).toMatchObject({ gen: known.gen + 1 });
    const active = await rooms.scores('active');
    expect(active.size).toBe(MANY - paid.length);
    expect(paid.filter((seq) => active.has(seq))).toEqual([]);
    expect((await redis.hkeys(rooms.keys.state)).filter((field) => field.startsWith('has:users'))).toEqual(
      [],
    );
    expect((await rooms.scores('idle')).size).toBe(active.size);
  });

  it('is bounded where sessions and rejoined entries are described, absent ones leave, and idle deadlines are gone', async () => {
    await crowd();
    const { active, idle, rejoined, state, leaves: list } = rooms.keys;
    for (const pairs of pieces((seq) => [MANY + seq, MANY + seq])) await redis.zadd(rejoined, ...pairs);
    await redis.del(idle, list);
    must(await rooms.store.drainLeaves({ anchor: undefined, max: 1, saysState: true }, 0));
    await admitAll();
    const words = (await leaves()).map((leaf) => leaf.split(' '));
    const seqsOf = (kind: string) => new Set(words.flatMap(([of, , seq]) => (of === kind ? [seq] : [])));
    expect(['open', 'back', 'away'].map((kind) => seqsOf(kind).size)).toEqual([MANY, MANY, MANY]);
    expect(await Promise.all([active, idle, rejoined].map((key) => redis.zcard(key)))).toEqual([
      MANY,
      MANY,
      0,
    ]);
    expect(await redis.hmget(state, 'toDescribe', 'refillIdle', 'checkRejoined')).toEqual([null, null, null]);
  });

  it('is bounded where nobody has admitted for a while and all sessions are past, and ends none of them at once', async () => {
    const { gen: of } = await crowd(1);
    const { state, prefix } = rooms.keys;
    for (const pairs of pieces((seq) => [1, seq])) await redis.zadd(`${prefix}holding`, ...pairs);
    for (const pairs of pieces((seq) => [seq, `-${seq}:0`])) await redis.zadd(`${prefix}log`, ...pairs);
    await redis.hset(state, 'version', MANY, 'logFrom', 0);
    expect(must(await rooms.store.snapshot(1, of, 0)).whole).toBe(true); // there are too many changes
    await redis.hset(state, 'lastTickAt', 1);
    expect(must(await rooms.store.admit(limit, 0))).toMatchObject({ ended: 0, idle: 0 });
    const poll = { userId: 1, seq: 1, gen: of, iatMs: virtualTime.nowMs };
    expect(must(await rooms.store.resolve(poll, limit, 0))).toMatchObject({ status: 'PROGRESS' });
    await redis.hset(state, 'caughtUpAt', 0);
    expect(must(await rooms.store.admit(limit, 0))).toMatchObject({ ended: 500, more: true });
  });

  it('is bounded where entries ahead of the next one are over, and admits it in the end', async () => {
    limit = 1;
    const last = 5001;
    const expired = marksOf(numbers(last - 1));
    const known = { issued: last, headSeq: 0, gen: 1 };
    must(await rooms.store.restore(known, limit, undefined, undefined, { done: [], expired }));
    await redis.hset(rooms.keys.state, 'frozenUntil', 0);
    const bitmaps = marksOf(numbers(last));
    must(await rooms.store.flushPresence({ bitmaps, active: [], longestPollIntervalMs: 0 }, 0));
    const first = must(await rooms.store.admit(limit, 0));
    expect(first).toMatchObject({ admitted: [], more: true });
    await admitAll();
    expect([...(await rooms.scores('active')).keys()]).toEqual([last]);
  });

  it('is bounded where those far back in the queue poll, each of whom has its position', async () => {
    const issued = 20 * SEGMENT;
    const { gen: of } = must(await rooms.store.restore({ issued, headSeq: 0, gen: 1 }, 0));
    const bitmaps = marksOf(numbers(20, 0).map((segment) => segment * SEGMENT + 100));
    must(await rooms.store.flushPresence({ bitmaps, active: [], longestPollIntervalMs: 0 }, 0));
    const before = await effort.takeLargest();
    const seqs = numbers(50, issued - 49);
    const poll = (seq: number) =>
      rooms.store.resolve({ userId: seq, seq, gen: of, iatMs: virtualTime.nowMs }, 0, 0);
    const positions = await Promise.all(seqs.map(async (seq) => must(await poll(seq)).position));
    expect(positions).toEqual(seqs.map((_, i) => 21 + i));
    const { resolve = 0 } = await effort.takeLargest();
    expect([before.resolve, resolve < 50 * 3 * 20]).toEqual([undefined, true]);
  });

  it('leaves a log that passes the audit, though sessions end while a restore describes them in pieces', async () => {
    limit = 2500;
    must(await rooms.store.restore({ issued: 0, headSeq: 0, gen: 0 }, limit));
    const users = numbers(limit + 10);
    const entries = await Promise.all(users.map((user) => rooms.store.issue(user, limit, 0)));
    expect(entries.every((entry) => entry !== 'state-lost')).toBe(true);
    const known = { issued: limit + 10, headSeq: limit, gen: await gen() };
    await rooms.moveToAnotherServer();
    must(await rooms.store.restore(known, limit));
    for (const seq of numbers(limit / 5, 1)) must(await rooms.store.endSession(5 * seq, limit, 0));
    expect((await redis.hget(rooms.keys.state, 'toDescribe')) ?? '').toMatch(/^active /);
    await redis.hset(rooms.keys.state, 'frozenUntil', 0);
    expect(must(await rooms.store.issue(limit + 11, limit, 0))).toMatchObject({ status: 'WAITING' });
    await admitAll();
    expect((await rooms.scores('active')).size).toBe(limit - limit / 5 + 11);
    expect(await faultsOf(await leaves())).toEqual([]);
  });
});
