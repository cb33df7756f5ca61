import type { OpeningState } from '../../../src/modules/waiting-room/opening/state';
import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import type { QueueProgress } from '../../../src/modules/waiting-room/state/results';
import { QueueStore } from '../../../src/modules/waiting-room/state/store';
import type { Database } from '../../../src/platform/database/database';
import { createLogger } from '../../../src/platform/observability/logger';
import { WaitingRoomMetrics } from '../../../src/modules/waiting-room/metrics';
import { Metrics } from '../../../src/platform/observability/metrics';
import type { Redis } from '../../../src/platform/redis/redis';
import { FixedLimit } from '../../../src/modules/waiting-room/admission/policy';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import { QueueRepository } from '../../../src/modules/waiting-room/state/repository';
import { WaitingRoom } from '../../../src/modules/waiting-room/waiting-room';
import { uniqueQueueId } from '../config';

/** What the database remembers of queues, without a database. */
class MemoryRepository extends QueueRepository {
  /** Seqs of those who have paid. */
  readonly paid = new Set<number>();
  private saved: QueueProgress | undefined;

  constructor() {
    super(undefined as unknown as Database);
  }

  override find(): Promise<QueueProgress | undefined> {
    return Promise.resolve(this.saved);
  }

  override opening(): Promise<OpeningState | undefined> {
    return Promise.resolve(undefined);
  }

  override async *paidSince(): AsyncGenerator<number[]> {
    yield await Promise.resolve([...this.paid]);
  }

  override save(_queueId: string, progress: QueueProgress): Promise<void> {
    this.saved = { ...progress };
    return Promise.resolve();
  }
}

const metrics = new WaitingRoomMetrics(new Metrics());
const logger = createLogger('silent', 'test');

/** One queue on a real Redis, and as many processes' rooms of it as a test asks for. */
export class Rooms {
  readonly queueId = uniqueQueueId();
  readonly repository = new MemoryRepository();
  readonly store: QueueStore;
  readonly keys = queueKeys(this.queueId);

  constructor(
    readonly redis: Redis,
    readonly rules: QueueRules,
    readonly limit: number,
  ) {
    this.store = new QueueStore(redis, this.queueId, rules, metrics);
  }

  /** A process that has just started. */
  open(store = this.store): WaitingRoom {
    return new WaitingRoom(store, new FixedLimit(this.limit), this.repository, metrics, logger);
  }

  /** Everything of this queue is gone, as after FLUSHALL. */
  async lose(): Promise<void> {
    const names = await this.redis.keys(`${this.keys.prefix}*`);
    if (names.length > 0) await this.redis.del(names);
  }

  /** All keys as they are now, to go back to. */
  async photograph(): Promise<{ key: string; value: Buffer; ttlMs: number }[]> {
    const photo = [];
    for (const key of await this.redis.keys(`${this.keys.prefix}*`)) {
      const value = (await this.redis.dumpBuffer(key)) as Buffer | null;
      if (value !== null) photo.push({ key, value, ttlMs: Math.max(0, await this.redis.pttl(key)) });
    }
    return photo;
  }

  /** As a Redis that comes back without its last moments: it has another replication id then. */
  async goBackTo(photo: { key: string; value: Buffer; ttlMs: number }[]): Promise<void> {
    await this.lose();
    for (const { key, value, ttlMs } of photo) await this.redis.restore(key, ttlMs, value);
    await this.moveToAnotherServer();
  }

  /** The state as a server finds it that has not had it before. */
  async moveToAnotherServer(): Promise<void> {
    if ((await this.redis.exists(this.keys.state)) === 1)
      await this.redis.hset(this.keys.state, 'servers', 'f'.repeat(40));
  }

  async numbers(...fields: string[]): Promise<number[]> {
    return (await this.redis.hmget(this.keys.state, ...fields)).map(Number);
  }

  /** seq → score of one of the queue's sorted sets. */
  async scores(which: 'active' | 'idle' | 'rejoined'): Promise<Map<number, number>> {
    const key = `${this.keys.prefix}${which}`;
    const flat = await this.redis.zrangebyscore(key, '-inf', '+inf', 'WITHSCORES');
    const pairs = new Map<number, number>();
    for (let i = 0; i + 1 < flat.length; i += 2) pairs.set(Number(flat[i]), Number(flat[i + 1]));
    return pairs;
  }
}
