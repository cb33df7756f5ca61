import { Lifecycle, scoped } from 'tsyringe';
import { forAll } from '../../../common/for-all';
import { Database } from '../../../platform/database/database';
import { Sessions } from '../../waiting-room/sessions';
import { monotonicMs } from '../../../common/clock';
import { OrderRepository } from '../order-repository';
import { LAPSED_PER_TURN, LapsedSessions } from './lapsed-sessions';

/** How far to look back: at the start for the work that a dead process left, afterwards before the last turn that did all. */
const FIRST_TURN_SECONDS = 3600;
const TURN_SECONDS = 60;

/**
 * Ends the sessions of users who have paid for an order and whose other holds have lapsed or were canceled by the organizer: a
 * payment leaves a session open while another order is held. What is done is in the rows, so any number of workers may do it, and a crash loses nothing.
 */
@scoped(Lifecycle.ContainerScoped)
export class LapsedSessionsJob {
  /** When the last turn began that has left nothing. */
  private doneAtMs: number | undefined;

  constructor(
    private readonly database: Database,
    private readonly orders: OrderRepository,
    private readonly lapsed: LapsedSessions,
    private readonly sessions: Sessions,
  ) {}

  async turn(): Promise<void> {
    const nowMs = monotonicMs();
    const sinceMs = this.doneAtMs === undefined ? undefined : nowMs - this.doneAtMs;
    // While MariaDB was away nothing was done: what lapsed then must not be passed over.
    const seconds = sinceMs === undefined ? FIRST_TURN_SECONDS : TURN_SECONDS + Math.ceil(sinceMs / 1000);
    const sessions = await this.lapsed.since(seconds);
    await forAll(sessions, async (session) => {
      const isOver = await this.database.transaction(async (tx) => {
        await this.orders.lockUser(tx, session.userId);
        return this.orders.endSessionIfPaid(tx, session);
      });
      if (isOver) await this.sessions.end(session);
    });
    if (sessions.length < LAPSED_PER_TURN) this.doneAtMs = nowMs;
  }
}
