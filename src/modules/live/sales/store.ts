import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { Redis } from '../../../platform/redis/redis';
import { queueKeys } from '../../waiting-room/state/keys';
import { Sales } from './sales';

const KEPT_MS = 3_600_000;

/** Sales as the counting worker publishes them in Redis. */
@scoped(Lifecycle.ContainerScoped)
export class SalesStore {
  private readonly key: string;

  constructor(
    private readonly redis: Redis,
    @inject(CONFIG) config: Config,
  ) {
    this.key = queueKeys(config.QUEUE_ID).sold;
  }

  async write(sales: Sales): Promise<void> {
    await this.redis.set(this.key, JSON.stringify(sales), 'PX', KEPT_MS);
  }

  /** @returns undefined when nothing was counted, or by another version */
  async read(): Promise<Sales | undefined> {
    const text = await this.redis.get(this.key);
    return text === null ? undefined : Sales.safeParse(JSON.parse(text)).data;
  }
}
