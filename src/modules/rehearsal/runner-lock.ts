import { randomUUID } from 'node:crypto';
import type { SqlExecutor } from '../../platform/database/database';
import { Lease } from '../../platform/database/lease';

const NAME = 'rehearsal';
/** Longer than a failover of the database takes. */
const LEASE_MS = 30_000;
const HELD_BY_ANOTHER = `
  SELECT held_until AS until FROM outbox_lease WHERE name = '${NAME}' AND held_until > NOW(3) AND holder <> ?`;

/**
 * Who may make and remove the rows of rehearsals: one runner at a time, until its lease is over by the database's clock.
 * The account of the application may only read it.
 */
export class RunnerLock {
  private readonly lease: Lease;

  /** @param runner a UUID that the processes of one runner share */
  constructor(
    private readonly on: SqlExecutor,
    private readonly runner: string = randomUUID(),
  ) {
    this.lease = new Lease(on, NAME, LEASE_MS, runner);
  }

  /** Takes or prolongs it; to be called every few seconds. @returns false: another runner has it */
  async hold(): Promise<boolean> {
    return this.lease.hold();
  }

  async release(): Promise<void> {
    await this.lease.release();
  }

  /** Until when another runner has it unless it prolongs it; undefined: none has it. */
  async heldByAnotherUntil(): Promise<Date | undefined> {
    const [row] = await this.on.query<{ until: Date }>(HELD_BY_ANOTHER, [this.runner]);
    return row?.until;
  }
}
