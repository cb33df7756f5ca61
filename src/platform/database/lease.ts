import { randomUUID } from 'node:crypto';
import { monotonicMs } from '../../common/clock';
import type { SqlExecutor } from './database';

const LEASE_MS = 10_000;
const RENEW_AFTER_SHARE = 0.3;
const US_PER_MS = 1000;
/** A deadline may be so much farther away: another version may give the lease a longer time. */
const LONGER_MS = 60_000;

const CREATE = 'INSERT IGNORE INTO outbox_lease (name) VALUES (?)';
/** Whose deadline is farther away than a lease lasts has it from a clock that has stepped back, or from another server's. */
const CLAIM = `UPDATE outbox_lease SET holder = ?, held_until = NOW(3) + INTERVAL ? MICROSECOND
                WHERE name = ? AND (holder = ? OR held_until <= NOW(3) OR held_until > NOW(3) + INTERVAL ? MICROSECOND)`;
const RELEASE = 'UPDATE outbox_lease SET held_until = NOW(3) WHERE name = ? AND holder = ?';

/**
 * A time-limited lock held by one worker, for example to deliver events. It is a row with a deadline instead of a row
 * lock: no transaction is open while the worker waits for Kafka or a webhook, and a worker whose host vanished is
 * succeeded after `leaseMs`, where the server would keep the locks of its connection until wait_timeout (8 h).
 */
export class Lease {
  private claimedAtMs: number | undefined;
  /** When the row was last made, or found. */
  private madeAtMs = -Infinity;
  private claiming: Promise<boolean> | undefined;

  constructor(
    private readonly on: SqlExecutor,
    private readonly name: string,
    private readonly leaseMs = LEASE_MS,
    private readonly holder: string = randomUUID(),
  ) {}

  /** Takes or prolongs the lease. @returns whether it is ours for the next 70 % of `leaseMs` at least */
  async hold(): Promise<boolean> {
    if (this.claimedAtMs !== undefined && monotonicMs() - this.claimedAtMs < RENEW_AFTER_SHARE * this.leaseMs)
      return true;
    this.claiming ??= this.claim().finally(() => (this.claiming = undefined));
    return this.claiming;
  }

  /** Releases the lease, so that another worker can continue immediately. */
  async release(): Promise<void> {
    if (this.claimedAtMs === undefined) return;
    this.claimedAtMs = undefined;
    await this.on.execute(RELEASE, [this.name, this.holder]);
  }

  private async claim(): Promise<boolean> {
    const now = monotonicMs(); // before the database's answer: to us the lease is over first
    // Again from time to time while nobody seems to let go: a restored database, or a replica that lagged, has no such row.
    if (this.claimedAtMs === undefined && now - this.madeAtMs >= this.leaseMs) {
      await this.on.execute(CREATE, [this.name]);
      this.madeAtMs = now;
    }
    const { affectedRows } = await this.on.execute(CLAIM, [
      this.holder,
      this.leaseMs * US_PER_MS,
      this.name,
      this.holder,
      (this.leaseMs + LONGER_MS) * US_PER_MS,
    ]);
    this.claimedAtMs = affectedRows === 1 ? now : undefined;
    return affectedRows === 1;
  }
}
