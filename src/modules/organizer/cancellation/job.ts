import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../../common/clock';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { type EndedOrders, RefundRepository } from '../../orders/refunds/refund-repository';
import { OrganizerMetrics } from '../metrics';
import { CancellationRepository } from './repository';

/**
 * Most orders of one transaction: few enough that a sale hardly waits for their rows. At a low rate as many as a second
 * allows, because a turn lasts as long as the rate gives its chunk: the lease and the process' stop wait for it.
 */
const MAX_CHUNK = 50;
/** An order that could not be refunded is tried again after this time. */
const RETRY_MS = 5000;

/**
 * Refunds the orders of canceled schedules, one schedule after the other, at most REFUNDS_PER_SECOND. A schedule of which
 * orders are left after a pass takes its turn behind the others. One worker at a time does it, by lease. A chunk is one
 * transaction, and an order that is not held or paid any more is passed over, so it may be killed at any time and go on
 * anywhere.
 */
@scoped(Lifecycle.ContainerScoped)
export class CancellationJob {
  private readonly lease: Lease;
  private readonly chunk: number;
  private readonly chunkMs: number;
  /** Cursor of the pass under way, and how many orders could not be refunded by it. */
  private pass: { scheduleId: number; after: number; failed: number } | undefined;
  /** By schedule: when its next pass may begin. */
  private readonly retryAtMs = new Map<number, number>();

  constructor(
    private readonly database: Database,
    private readonly cancellations: CancellationRepository,
    private readonly refunds: RefundRepository,
    private readonly metrics: OrganizerMetrics,
    @inject(CONFIG) config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.lease = new Lease(database, 'schedule-cancellation');
    this.chunk = Math.min(MAX_CHUNK, config.REFUNDS_PER_SECOND);
    this.chunkMs = (this.chunk / config.REFUNDS_PER_SECOND) * 1000;
  }

  /** Refunds one chunk. @returns whether there is more to do at once */
  async turn(): Promise<boolean> {
    const startedAtMs = monotonicMs();
    const scheduleId = this.nextOf(await this.cancellations.underWay(), startedAtMs);
    if (scheduleId === undefined || !(await this.lease.hold())) return false;
    const pass = this.pass?.scheduleId === scheduleId ? this.pass : { scheduleId, after: 0, failed: 0 };
    this.pass = pass;
    const orderIds = await this.cancellations.openOrders(scheduleId, pass.after, this.chunk);
    if (orderIds.length === 0) return this.endPass(pass);
    pass.failed += await this.refund(orderIds);
    pass.after = orderIds.at(-1) ?? pass.after;
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, startedAtMs + this.chunkMs - monotonicMs())),
    );
    return true;
  }

  async stop(): Promise<void> {
    await this.lease.release();
  }

  /** The schedule of the pass under way, else the one that waits for its pass for longest. */
  private nextOf(underWay: number[], nowMs: number): number | undefined {
    if (this.pass !== undefined && underWay.includes(this.pass.scheduleId)) return this.pass.scheduleId;
    const dueAtMs = (scheduleId: number): number => this.retryAtMs.get(scheduleId) ?? 0;
    const [next] = underWay
      .filter((each) => dueAtMs(each) <= nowMs)
      .sort((one, other) => dueAtMs(one) - dueAtMs(other));
    return next;
  }

  /** A pass over all orders is over: users may have several, and some may have failed. */
  private async endPass({ scheduleId, failed }: { scheduleId: number; failed: number }): Promise<boolean> {
    this.pass = undefined;
    await this.cancellations.endPass(scheduleId);
    const progress = await this.cancellations.progress(this.database, scheduleId);
    if (progress?.finishedAt != null) {
      this.retryAtMs.delete(scheduleId);
      this.logger.info({ scheduleId, orders: progress.orders }, 'canceled schedule refunded');
      return true;
    }
    this.retryAtMs.set(scheduleId, monotonicMs() + (failed > 0 ? RETRY_MS : 0));
    return true;
  }

  /** @returns how many of the orders could not be refunded */
  private async refund(orderIds: number[]): Promise<number> {
    try {
      this.count(await this.database.transaction((tx) => this.refunds.endOrders(tx, orderIds, 'schedule')));
      return 0;
    } catch (error) {
      if (orderIds.length === 1) {
        this.metrics.refunds.inc({ outcome: 'failed' });
        this.logger.error({ err: error, orderId: orderIds[0] }, 'order not refunded, will retry');
        return 1;
      }
      let failed = 0;
      for (const orderId of orderIds) failed += await this.refund([orderId]); // one must not keep the others from their money
      return failed;
    }
  }

  private count({ refunded, released }: EndedOrders): void {
    this.metrics.refunds.inc({ outcome: 'refunded' }, refunded.length);
    this.metrics.refunds.inc({ outcome: 'released' }, released.length);
  }
}
