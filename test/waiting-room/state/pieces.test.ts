import { WaitingRoomMetrics } from '../../../src/modules/waiting-room/metrics';
import { PresenceMarks } from '../../../src/modules/waiting-room/snapshot/presence-marks';
import { QueueStore } from '../../../src/modules/waiting-room/state/store';
import { Metrics } from '../../../src/platform/observability/metrics';
import type { Redis } from '../../../src/platform/redis/redis';

const MILLION = 1_000_000;
/** Of one call: far less than JavaScript, Redis or Lua take. */
const MOST_ARGUMENTS = 5000;
const MOST_BYTES = 256 * 1024;
const RULES = {
  sessionMs: 60_000,
  maxWaitMs: 600_000,
  idleTimeoutMs: 0,
  presenceTimeoutMs: 60_000,
  admissionIntervalMs: 1,
};

/** A number that stands once in each item, and nowhere else. */
const MARK = 987_654_321;

type Argument = string | number | Buffer;

/** A Redis that takes every call and counts what it is sent. */
class CountingRedis {
  readonly options = {};
  calls = 0;
  largest = 0;
  largestBytes = 0;
  /** By script: how many sessions, entries or bitmaps it has got. */
  readonly items: Record<string, number> = {};

  defineCommand(command: string): void {
    const name = command.replace('script:', '');
    const call = (...args: Argument[]): unknown => this.take(name, args);
    Object.assign(this, { [command]: call, [`${command}Buffer`]: call });
  }

  private take(name: string, args: Argument[]): unknown {
    this.calls += 1;
    this.largest = Math.max(this.largest, args.length);
    const bytes = args.reduce<number>((sum, it) => sum + (Buffer.isBuffer(it) ? it.length : 8), 0);
    this.largestBytes = Math.max(this.largestBytes, bytes);
    const sent = args.filter((it) => it === MARK || Buffer.isBuffer(it)).length;
    this.items[name] = (this.items[name] ?? 0) + sent;
    if (name === 'restore') return [1, 1, 1];
    if (name === 'prepare') return ['OK', ''];
    return name === 'import-ends' ? 1 : ['OK', []];
  }
}

describe.each([0, 1, 999, 1000, 1001, MILLION])('a list of %i', (count) => {
  const redis = new CountingRedis();
  const metrics = new WaitingRoomMetrics(new Metrics());
  const store = new QueueStore(redis as unknown as Redis, 'pieces', RULES, metrics);
  const of = <T>(item: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => item(i));
  const known = { issued: count, headSeq: count, gen: 1 };

  afterEach(() => {
    expect(redis.largest).toBeLessThanOrEqual(MOST_ARGUMENTS);
    expect(redis.largestBytes).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('active sessions is restored whole, in calls of bounded size', async () => {
    const sessions = of((i) => ({ seq: i + 1, sessionUntilMs: MARK }));
    await store.restore(known, count, sessions);
    expect(redis.items.restore).toBe(count);
  });

  it('registered users is given back whole, in calls of bounded size', async () => {
    const entries = of((i) => ({ userId: i + 1, seq: i + 1, gen: 1, iatMs: MARK }));
    await store.register(entries, count);
    expect(redis.items.register ?? 0).toBe(count);
  });

  it('active users who were seen is reported whole, in calls of bounded size', async () => {
    const active = of(() => MARK);
    await store.flushPresence({ bitmaps: [], active, longestPollIntervalMs: 0 }, count);
    expect(redis.items['flush-presence']).toBe(count);
  });

  it('entries that have ended, or wait, is sent whole, in calls of bounded size', async () => {
    const marks = new PresenceMarks();
    for (let seq = 0; seq < count; seq++) marks.add(seq * 20);
    const bitmaps = marks.drain();
    const segments = Math.ceil((count * 20) / 65_536);
    expect(bitmaps).toHaveLength(segments);
    await store.restore(known, count, [], undefined, { done: bitmaps, expired: bitmaps });
    expect(redis.items['import-ends'] ?? 0).toBe(2 * segments);
    const before = redis.items['flush-presence'] ?? 0;
    await store.flushPresence({ bitmaps, active: [], longestPollIntervalMs: 0 }, count);
    expect((redis.items['flush-presence'] ?? 0) - before).toBe(segments);
  });
});
