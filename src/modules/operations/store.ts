import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { Redis } from '../../platform/redis/redis';
import { RedisEvictionLog } from '../../platform/redis/eviction-log';
import { queueKeys } from '../waiting-room/state/keys';

/** Checks that Redis can serve every queue of this installation. */
@scoped(Lifecycle.ContainerScoped)
export class HealthStore {
  constructor(
    private readonly redis: Redis,
    private readonly evictionLog: RedisEvictionLog,
    @inject(CONFIG) private readonly config: Config,
  ) {}

  /** Changes nothing: it updates an entry that does not exist. A replica, or a read-only server, refuses the command. */
  async checkWritable(): Promise<void> {
    const queueIds = [this.config.QUEUE_ID, ...this.config.QUEUES.keys()];
    await Promise.all(
      queueIds.map((id) => this.redis.zadd(`${queueKeys(id).prefix}active`, 'XX', 0, 'probe')),
    );
  }

  /** Logs masters that may evict keys. @throws RedisUnavailable */
  async checkEviction(): Promise<void> {
    await this.evictionLog.ask();
  }
}
