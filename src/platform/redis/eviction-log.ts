import { inject, Lifecycle, scoped } from 'tsyringe';
import { LOGGER, type Logger } from '../observability/logger';
import { Redis } from './redis';
import { type Eviction, isUnsafe, readEvictions } from './eviction';

/**
 * Logs masters that may evict keys, or have evicted some: with an evicted key a user loses the session or the entry.
 * What was logged once is logged again only when it changes.
 */
@scoped(Lifecycle.ContainerScoped)
export class RedisEvictionLog {
  private readonly logged = new Map<string, string>();

  constructor(
    private readonly redis: Redis,
    @inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** @throws RedisUnavailable */
  async ask(): Promise<void> {
    this.judge(await readEvictions(this.redis));
  }

  judge(evictions: Eviction[]): void {
    for (const eviction of evictions) {
      this.judgePolicy(eviction);
      this.judgeKeys(eviction);
    }
  }

  private judgePolicy(eviction: Eviction): void {
    const { master, policy } = eviction;
    const before = this.logged.get(`policy of ${master}`);
    const now = policy ?? 'unknown';
    if (before === now) return;
    this.logged.set(`policy of ${master}`, now);
    if (policy === undefined)
      this.logger.warn({ master }, 'redis does not tell its maxmemory-policy: it must be noeviction');
    else if (isUnsafe(eviction))
      this.logger.error(
        eviction,
        'maxmemory-policy is not noeviction: redis may evict sessions and queue entries',
      );
    else if (before !== undefined) this.logger.info({ master, policy }, 'maxmemory-policy is noeviction');
  }

  private judgeKeys(eviction: Eviction): void {
    const { master, evictedKeys } = eviction;
    const before = Number(this.logged.get(`keys of ${master}`) ?? 0);
    if (evictedKeys > before) this.logger.error(eviction, 'redis has evicted keys');
    this.logged.set(`keys of ${master}`, String(evictedKeys));
  }
}
