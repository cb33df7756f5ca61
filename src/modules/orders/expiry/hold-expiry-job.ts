import { Lifecycle, scoped } from 'tsyringe';
import { Database } from '../../../platform/database/database';
import { OrderMetrics } from '../metrics';
import { ExpiryRepository } from './expiry-repository';

const BATCH = 500;

/**
 * Cancels expired holds. Nothing waits for it: an expired hold counts as free everywhere at once, by the database's
 * clock. Any number of workers may run it: each locks its own batch (SKIP LOCKED).
 */
@scoped(Lifecycle.ContainerScoped)
export class HoldExpiryJob {
  constructor(
    private readonly database: Database,
    private readonly expiry: ExpiryRepository,
    private readonly metrics: OrderMetrics,
  ) {}

  /** @returns whether there may be more to do at once */
  async expireBatch(): Promise<boolean> {
    const late = await this.database.transaction((tx) => this.expiry.expireHolds(tx, BATCH));
    this.metrics.holdExpiryLag.set(late[0] ?? 0);
    this.metrics.holdsExpired.inc(late.length);
    return late.length === BATCH;
  }
}
