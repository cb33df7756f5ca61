import { inject, Lifecycle, scoped } from 'tsyringe';
import { monotonicMs } from '../../../common/clock';
import { CONFIG, type Config } from '../../../config/config';
import { Database } from '../../../platform/database/database';
import { Lease } from '../../../platform/database/lease';
import { LOGGER, type Logger } from '../../../platform/observability/logger';
import { type EndedOrders, RefundRepository } from '../../orders/refunds/refund-repository';
import { OrganizerMetrics } from '../metrics';
import { CancellationRepository } from './repository';

/** Orders of one transaction: few enough that a sale hardly waits for their rows. */
const CHUNK = 50;
/** An order that could not be refunded is tried again after this time. */
const RETRY_MS = 5000;

/**
 * Refunds the orders of canceled schedules, one schedule after the other, at most REFUNDS_PER_SECOND. One worker at a
 * time does it, by lease. A chunk is one transaction, and an order that is not held or paid any more is passed over, so
 * it may be killed at any time and go on anywhere.
 */
@scoped(Lifecycle.ContainerScoped)
export class CancellationJob {
  private readonly lease: Lease;
  private readonly chunkMs: number;
  /** Cursor of the pass under way. */
  private pass: { scheduleId: number; after: number } | undefined;
  private failedInPass = 0;
  private retryAtMs = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly cancellations: CancellationRepository,
    private readonly refunds: RefundRepository,
    private readonly metrics: OrganizerMetrics,
    @inject(CONFIG) config: Config,
    @inject(LOGGER) private readonly logger: Logger,
  ) {
    this.lease = new Lease(database, 'schedule-cancellation');
    this.chunkMs = (CHUNK / config.REFUNDS_PER_SECOND) * 1000;
  }

  /** Refunds one chunk. @returns whether there is more to do at once */
  async turn(): Promise<boolean> {
    const startedAtMs = monotonicMs();
    if (startedAtMs < this.retryAtMs) return false;
    const scheduleId = await this.cancellations.oldest();
    if (scheduleId === undefined || !(await this.lease.hold())) return false;
    if (this.pass?.scheduleId !== scheduleId) this.pass = { scheduleId, after: 0 };
    const orderIds = await this.cancellations.openOrders(scheduleId, this.pass.after, CHUNK);
    if (orderIds.length === 0) return this.endPass(scheduleId);
    await this.refund(orderIds);
    this.pass.after = orderIds.at(-1) ?? this.pass.after;
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, startedAtMs + this.chunkMs - monotonicMs())),
    );
    return true;
  }

  async stop(): Promise<void> {
    await this.lease.release();
  }

  /** A pass over all orders is over: users may have several, and some may have failed. */
  private async endPass(scheduleId: number): Promise<boolean> {
    this.pass = undefined;
    await this.cancellations.endPass(scheduleId);
    const progress = await this.cancellations.progress(this.database, scheduleId);
    if (progress?.finishedAt != null) {
      this.logger.info({ scheduleId, orders: progress.orders }, 'canceled schedule refunded');
      return true;
    }
    if (this.failedInPass > 0) this.retryAtMs = monotonicMs() + RETRY_MS;
    this.failedInPass = 0;
    return true;
  }

  private async refund(orderIds: number[]): Promise<void> {
    try {
      this.count(await this.database.transaction((tx) => this.refunds.endOrders(tx, orderIds, 'schedule')));
    } catch (error) {
      if (orderIds.length === 1) {
        this.failedInPass++;
        this.metrics.refunds.inc({ outcome: 'failed' });
        this.logger.error({ err: error, orderId: orderIds[0] }, 'order not refunded, will retry');
        return;
      }
      for (const orderId of orderIds) await this.refund([orderId]); // one must not keep the others from their money
    }
  }

  private count({ refunded, released }: EndedOrders): void {
    this.metrics.refunds.inc({ outcome: 'refunded' }, refunded.length);
    this.metrics.refunds.inc({ outcome: 'released' }, released.length);
  }
}
