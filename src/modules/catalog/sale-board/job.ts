import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../../common/clock';
import { DisplayTime } from '../../../common/display-time';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { BoardStore } from '../../waiting-room/status/board-store';
import type { SaleFacts } from '../../waiting-room/status/schema';
import { CatalogMetrics } from '../metrics';
import { saleFactsOf } from './facts';
import { SaleBoardRepository } from './repository';

/** Counting takes at most this share of the time, and is never so rare that what it said lapses. */
const COUNTING_SHARE = 0.05;
const LONGEST_PAUSE_MS = 5000;
/** What was said so long ago is not said any more: three of the longest pauses. */
const SALE_FACTS_MS = 3 * LONGEST_PAUSE_MS;

/**
 * Tells those who wait how the sale of their queue stands and what is left of it. One worker at a time counts, by lease,
 * and not more often than the counting is cheap. Nothing depends on it: a fact that cannot be written expires by itself.
 */
@scoped(Lifecycle.ContainerScoped)
export class SaleBoardJob {
  private readonly lease: Lease;
  private readonly queueIds: string[];
  private readonly states = new Map<string, SaleFacts['state']>();
  private nextAtMs = -Infinity;

  constructor(
    database: Database,
    private readonly sales: SaleBoardRepository,
    private readonly boards: BoardStore,
    private readonly displayTime: DisplayTime,
    private readonly metrics: CatalogMetrics,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.queueIds = [config.QUEUE_ID, ...config.QUEUES.keys()];
    this.lease = new Lease(database, `sale-board of ${config.QUEUE_ID}`);
  }

  /** @throws DatabaseUnavailable, RedisUnavailable */
  async turn(): Promise<void> {
    const startedAtMs = monotonicMs();
    if (startedAtMs < this.nextAtMs) return;
    if (!(await this.lease.hold())) {
      this.metrics.freeSeats.forget();
      return;
    }
    const countedAtMs = monotonicMs();
    this.nextAtMs = countedAtMs + LONGEST_PAUSE_MS; // also when it fails: it may have been too much
    const [sales, counts] = [await this.sales.sales(), await this.sales.counts()];
    const tookMs = monotonicMs() - countedAtMs;
    this.nextAtMs = countedAtMs + Math.min(LONGEST_PAUSE_MS, tookMs / COUNTING_SHARE);
    const facts = this.queueIds.map((queueId) => {
      const isOurs = (row: { queueId: string | null }): boolean =>
        (row.queueId === null || row.queueId === '' ? this.config.QUEUE_ID : row.queueId) === queueId;
      const offsetTime = (at: Date): string => this.displayTime.withOffset(at);
      return { queueId, sale: saleFactsOf(sales.filter(isOurs), counts.filter(isOurs), offsetTime) };
    });
    for (const { queueId, sale } of facts)
      if (sale !== undefined) await this.boards.writeSale(queueId, sale, SALE_FACTS_MS);
    this.report(facts);
  }

  async stop(): Promise<void> {
    await this.lease.release();
  }

  private report(facts: { queueId: string; sale: SaleFacts | undefined }[]): void {
    for (const { queueId, sale } of facts) {
      const before = this.states.get(queueId);
      if (before === sale?.state) continue;
      this.states.set(queueId, sale?.state);
      this.logger.info({ queueId, from: before, to: sale?.state }, 'the sale of a queue stands otherwise');
    }
    this.metrics.freeSeats.setAll(
      facts.flatMap(({ queueId, sale }) =>
        (sale?.left ?? []).map(({ name, amount, seats }) => ({
          labels: { queue: queueId, price_class: name, amount: String(amount) },
          value: seats,
        })),
      ),
    );
  }
}
