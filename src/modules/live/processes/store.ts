import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { Redis } from '../../../platform/redis/redis';
import { queueKeys } from '../../waiting-room/state/keys';
import { ProcessReport } from './report';

const KEPT_MS = 60_000;
const WATCHED_MS = 10_000;

/** Reports of all processes of the installation, kept under the main queue. */
@scoped(Lifecycle.ContainerScoped)
export class ProcessStore {
  private readonly keys: ReturnType<typeof queueKeys>;

  constructor(
    private readonly redis: Redis,
    @inject(CONFIG) config: Config,
  ) {
    this.keys = queueKeys(config.QUEUE_ID);
  }

  async write(report: ProcessReport): Promise<void> {
    const { processes } = this.keys;
    await Promise.all([
      this.redis.hset(processes, report.id, JSON.stringify(report)),
      this.redis.pexpire(processes, KEPT_MS),
    ]);
  }

  /** What cannot be read is of another version, and counts as not there. */
  async readAll(): Promise<ProcessReport[]> {
    const texts = Object.values(await this.redis.hgetall(this.keys.processes));
    return texts.flatMap((text) => {
      const { data } = ProcessReport.safeParse(JSON.parse(text));
      return data === undefined ? [] : [data];
    });
  }

  async remove(ids: string[]): Promise<void> {
    if (ids.length > 0) await this.redis.hdel(this.keys.processes, ...ids);
  }

  /** Somebody looks: the worker counts what is sold. */
  async markWatched(): Promise<void> {
    await this.redis.set(this.keys.watched, 1, 'PX', WATCHED_MS);
  }

  async isWatched(): Promise<boolean> {
    return (await this.redis.exists(this.keys.watched)) === 1;
  }
}
