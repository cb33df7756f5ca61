import { Lifecycle, scoped } from 'tsyringe';
import { Redis } from '../../../platform/redis/redis';
import { queueKeys } from '../state/keys';
import { Notice, SaleFacts } from './schema';

/** Facts published to everyone who waits for a queue, beside the queue itself. */
export interface Board {
  notice: Notice | null;
  sale: SaleFacts;
}

export const EMPTY_BOARD: Board = { notice: null, sale: {} };

/** Reads and writes the boards of queues in Redis. */
@scoped(Lifecycle.ContainerScoped)
export class BoardStore {
  constructor(private readonly redis: Redis) {}

  /** Facts that cannot be parsed count as absent. */
  async read(queueId: string): Promise<Board> {
    const keys = queueKeys(queueId);
    const [notice, sale] = await Promise.all([
      this.redis.hget(keys.board, 'notice'),
      this.redis.get(keys.sale),
    ]);
    return {
      notice: parsed(notice, (value) => Notice.safeParse(value).data) ?? null,
      sale: parsed(sale, (value) => SaleFacts.safeParse(value).data) ?? {},
    };
  }

  /** @param notice null removes it */
  async writeNotice(queueId: string, notice: Notice | null): Promise<void> {
    const { board } = queueKeys(queueId);
    if (notice === null) await this.redis.hdel(board, 'notice');
    else await this.redis.hset(board, 'notice', JSON.stringify(notice));
  }

  /** @param lifeMs how long the facts are valid unless they are written again */
  async writeSale(queueId: string, sale: SaleFacts, lifeMs: number): Promise<void> {
    await this.redis.set(queueKeys(queueId).sale, JSON.stringify(sale), 'PX', lifeMs);
  }
}

function parsed<T>(text: string | null | undefined, read: (value: unknown) => T | undefined): T | undefined {
  if (text === null || text === undefined) return undefined;
  try {
    return read(JSON.parse(text));
  } catch {
    return undefined;
  }
}
