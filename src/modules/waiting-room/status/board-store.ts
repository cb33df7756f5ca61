import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { loadScript, Redis, type Script } from '../../../platform/redis/redis';
import { WaitingRoomMetrics } from '../metrics';
import { queueKeys } from '../state/keys';
import { Notice, SaleFacts } from './schema';

/** Facts published to everyone who waits for a queue, beside the queue itself. */
export interface Board {
  notice: Notice | null;
  sale: SaleFacts;
}

export const EMPTY_BOARD: Board = { notice: null, sale: {} };

export interface WrittenNotice {
  outcome: 'DONE' | 'UNCHANGED' | 'CHANGED';
  before: Notice | null;
}

/** Names a notice by its content. */
export const tagOfNotice = (notice: Notice | null): string =>
  createHash('sha1')
    .update(notice === null ? '' : JSON.stringify(notice))
    .digest('hex');

/** Reads and writes the boards of queues in Redis. */
@scoped(Lifecycle.ContainerScoped)
export class BoardStore {
  private readonly setSale: Script;
  private readonly setNotice: Script;

  constructor(
    private readonly redis: Redis,
    metrics: WaitingRoomMetrics,
    @inject(CONFIG) private readonly config: Config,
  ) {
    const duration = metrics.redisDuration.labels({ script: 'write-sale' });
    const path = join(__dirname, '../state/lua/write-sale-2');
    this.setSale = loadScript(redis, path, (seconds) => duration.observe(seconds));
    this.setNotice = loadScript(redis, join(__dirname, 'lua', 'write-notice-1'), () => undefined);
  }

  /** Facts that cannot be parsed count as absent. @returns also the generation of the queue; null: its state is lost */
  async read(queueId: string): Promise<Board & { gen: string | null }> {
    const keys = queueKeys(queueId);
    const [notice, sale, gen] = await Promise.all([
      this.redis.hget(keys.board, 'notice'),
      this.redis.get(keys.sale),
      this.redis.hget(keys.state, 'gen'), // after the notice: one that was lost before is missing then
    ]);
    return {
      gen,
      notice: parsed(notice, (value) => Notice.safeParse(value).data) ?? null,
      sale: parsed(sale, (value) => SaleFacts.safeParse(value).data) ?? {},
    };
  }

  /**
   * @param notice null removes it
   * @param expected `tagOfNotice` of those of which the operator has seen one; undefined: any
   * @returns `CHANGED`: it is not the one that the operator has seen, so nothing was done
   */
  async writeNotice(queueId: string, notice: Notice | null, expected: string[] = []): Promise<WrittenNotice> {
    const { board } = queueKeys(queueId);
    const text = notice === null ? '' : JSON.stringify(notice);
    const [outcome, before] = (await this.setNotice([board], [text, ...expected])) as [
      WrittenNotice['outcome'],
      string,
    ];
    return { outcome, before: parsed(before, (value) => Notice.safeParse(value).data) ?? null };
  }

  /** Writes a notice that Redis has lost, unless another one has been set since. */
  async restoreNotice(queueId: string, notice: Notice): Promise<void> {
    await this.redis.hsetnx(queueKeys(queueId).board, 'notice', JSON.stringify(notice));
  }

  /** A change of the sale's state goes into the transparency log. @param lifeMs how long the facts are valid unless they are written again */
  async writeSale(queueId: string, sale: SaleFacts, lifeMs: number): Promise<void> {
    const { sale: key, leaves } = queueKeys(queueId);
    const isLogged = this.config.TRANSPARENCY === 'on' ? 1 : 0;
    await this.setSale([key, leaves], [JSON.stringify(sale), lifeMs, sale.state ?? '', isLogged]);
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
