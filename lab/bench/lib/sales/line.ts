import { dist, redisUrls, secret } from '../context.ts';
import { forgetQueueProgress } from '../database.ts';

/** What is built: loaded when it is used, for the arguments are looked at before there is a build. */
const product = () => ({
  ...(dist('platform/redis/redis.js') as typeof import('../../../../src/platform/redis/redis.ts')),
  ...(dist(
    'platform/observability/metrics.js',
  ) as typeof import('../../../../src/platform/observability/metrics.ts')),
  ...(dist(
    'modules/waiting-room/metrics.js',
  ) as typeof import('../../../../src/modules/waiting-room/metrics.ts')),
  ...(dist(
    'modules/waiting-room/state/keys.js',
  ) as typeof import('../../../../src/modules/waiting-room/state/keys.ts')),
  ...(dist(
    'modules/waiting-room/state/store.js',
  ) as typeof import('../../../../src/modules/waiting-room/state/store.ts')),
  ...(dist(
    'modules/waiting-room/tokens/token.js',
  ) as typeof import('../../../../src/modules/waiting-room/tokens/token.ts')),
});
type Product = ReturnType<typeof product>;

/** The queue that the product serves. */
const QUEUE = 'main';
/** Tells a later run that this Redis database is the benchmarks' own, and may be emptied. */
const MARK = 'benchmarks';
const REDIS_TIMEOUT_MS = 10_000;
const AT_ONCE = 2000;

export interface Seeding {
  count: number;
  /** Active users at most: the first get a session, the rest wait. */
  cap: number;
  firstUser?: number;
  /** Signs the token of each so-manieth; 1: of all. */
  signEvery?: number;
}

export interface Waiter {
  userId: number;
  seq: number;
  token: string;
}

/** A line in Redis, filled through the product's own scripts, with no process of the product between. */
export class Line {
  readonly redis: InstanceType<typeof import('../../../../src/platform/redis/redis.ts').Redis>;
  private readonly store: InstanceType<Product['QueueStore']>;
  private readonly tokens = new (product().TokenCodec)(secret);

  private constructor(url: string) {
    this.redis = product().connectRedis(url, REDIS_TIMEOUT_MS);
    this.redis.on('error', () => undefined); // the command that fails tells
    const rules = {
      sessionMs: 86_400_000,
      maxWaitMs: 7_200_000,
      idleTimeoutMs: 0,
      presenceTimeoutMs: 3_600_000,
      admissionIntervalMs: 100,
    };
    this.store = new (product().QueueStore)(
      this.redis,
      QUEUE,
      rules,
      new (product().WaitingRoomMetrics)(new (product().Metrics)()),
    );
  }

  /** An empty queue. @throws when the Redis database holds keys of another program */
  static async start(url = redisUrls()[0]): Promise<Line> {
    const line = new Line(url);
    await line.redis.connect();
    const [keys, ours] = await Promise.all([line.redis.dbsize(), line.redis.exists(MARK)]);
    if (keys > 0 && ours === 0)
      throw new Error(`Redis database ${new URL(url).pathname} holds keys that no benchmark has made.`);
    await line.clear();
    return line;
  }

  /** Only while no server is running on it. */
  async clear(): Promise<void> {
    await forgetQueueProgress();
    await this.redis.flushdb();
    await this.redis.set(MARK, 'of scripts/bench.js');
    await this.store.restore({ issued: 0, headSeq: 0, gen: 0 }, 0, []);
  }

  async seed({ count, cap, firstUser = 1, signEvery = 1 }: Seeding): Promise<Waiter[]> {
    const waiters: Waiter[] = [];
    for (let from = 0; from < count; from += AT_ONCE) {
      const size = Math.min(AT_ONCE, count - from);
      const users = Array.from({ length: size }, (_, i) => firstUser + from + i);
      const places = await Promise.all(users.map((userId) => this.store.issue(userId, cap, 0)));
      places.forEach((place, i) => {
        if (place === 'state-lost' || 'drawnSeq' in place)
          throw new Error('The line was lost while it was filled.');
        if ((from + i) % signEvery !== 0) return;
        const userId = firstUser + from + i;
        const { seq, gen, iatMs } = place;
        const token = this.tokens.sign({ userId, queueId: QUEUE, seq, gen, iatMs }, this.store.tokenLifeMs);
        waiters.push({ userId, seq, token });
      });
    }
    return waiters;
  }

  /** Nobody is admitted before `ms` (at most 1000) from now. @returns that instant, by Redis' clock */
  async keepClosed(ms: number): Promise<number> {
    const [seconds, micros] = await this.redis.time();
    const opensAtMs = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + ms;
    await this.redis.hset(this.keys.state, 'frozenUntil', opensAtMs);
    return opensAtMs;
  }

  /** Number of active users, and when that was (Redis' clock). */
  async active(): Promise<{ count: number; nowMs: number }> {
    const replies = await this.redis.multi().zcard(this.keys.active).time().exec();
    const [count, [seconds, micros]] = (replies ?? []).map(([, value]) => value) as [
      number,
      [string, string],
    ];
    return { count, nowMs: Number(seconds) * 1000 + Number(micros) / 1000 };
  }

  async info(field: string): Promise<number> {
    const text = await this.redis.info();
    return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(text)?.[1]);
  }

  async close(): Promise<void> {
    await this.redis.flushdb();
    this.redis.disconnect();
  }

  private get keys(): { state: string; active: string } {
    const { state, active } = product().queueKeys(QUEUE);
    return { state, active };
  }
}
