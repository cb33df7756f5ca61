import { randomUUID } from 'node:crypto';
import { monotonicMs } from '../../clock';
import type { Statements } from '../../infra/database';

const LEASE_MS = 10_000;
const RENEW_AFTER_MS = 3_000;

const CREATE = 'INSERT IGNORE INTO outbox_lease (name) VALUES (?)';
const CLAIM = `UPDATE outbox_lease SET holder = ?, held_until = NOW(3) + INTERVAL ${LEASE_MS * 1000} MICROSECOND
                WHERE name = ? AND (holder = ? OR held_until <= NOW(3))`;
const RELEASE = 'UPDATE outbox_lease SET held_until = NOW(3) WHERE name = ? AND holder = ?';

/**
 * The right to deliver, held by one worker at a time. A row with a deadline instead of a row lock: no transaction is
 * open while Kafka or a webhook is waited for, and a worker whose host vanished is succeeded after LEASE_MS, where the
 * server would keep the locks of its connection until wait_timeout (8 h).
 */
export class Lease {
  private readonly holder = randomUUID();
  private claimedAtMs: number | undefined;
  private exists = false;
  private claiming: Promise<boolean> | undefined;

  constructor(
    private readonly on: Statements,
    private readonly name: string,
  ) {}

  /** Takes or prolongs the lease. @returns whether it is ours for the next LEASE_MS − RENEW_AFTER_MS at least */
  async hold(): Promise<boolean> {
    if (this.claimedAtMs !== undefined && monotonicMs() - this.claimedAtMs < RENEW_AFTER_MS) return true;
    this.claiming ??= this.claim().finally(() => (this.claiming = undefined));
    return this.claiming;
  }

  /** Lets another worker go on at once. */
  async release(): Promise<void> {
    if (this.claimedAtMs === undefined) return;
    this.claimedAtMs = undefined;
    await this.on.run(RELEASE, [this.name, this.holder]);
  }

  private async claim(): Promise<boolean> {
    const now = monotonicMs(); // before the database's answer: to us the lease is over first
    if (!this.exists) await this.on.run(CREATE, [this.name]);
    this.exists = true;
    const { affectedRows } = await this.on.run(CLAIM, [this.holder, this.name, this.holder]);
    this.claimedAtMs = affectedRows === 1 ? now : undefined;
    return affectedRows === 1;
  }
}
