import { inject, Lifecycle, scoped } from 'tsyringe';
import { Breakers } from '../operations/breakers';
import { LOGGER, type Logger } from '../../platform/observability/logger';
import { WaitingRoomRegistry } from './registry';
import type { ActiveUser, SessionId } from './state/session';
import { SessionRepository } from './state/session-repository';
import type { WaitingRoom } from './waiting-room';

/**
 * Tells the queue what a committed transaction means for a session. The sale or the hold is committed by then, so a
 * failure here is logged and is no failure of the request: SessionReconciler repeats the call when Redis is back.
 */
@scoped(Lifecycle.ContainerScoped)
export class Sessions {
  constructor(
    private readonly rooms: WaitingRoomRegistry,
    private readonly repository: SessionRepository,
    private readonly breakers: Breakers,
    @inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** After a payment. */
  async end(session: SessionId): Promise<void> {
    const room = this.roomOf(session);
    if (room === undefined) return;
    await this.afterCommit('session not ended after payment yet', () => room.entries.endSession(session.seq));
  }

  /** After a payment's replay: what should have followed its COMMIT may not have happened. */
  async endOfPayment(reservationId: number): Promise<void> {
    await this.afterCommit('session not ended after replayed payment yet', async () => {
      const session = await this.breakers.concert.run(() => this.repository.sessionOfPayment(reservationId));
      if (session !== undefined) await this.end(session);
    });
  }

  /** The same by the order. */
  async endOfOrder(orderId: number): Promise<void> {
    await this.afterCommit('session not ended after replayed payment yet', async () => {
      const session = await this.breakers.concert.run(() => this.repository.sessionOfOrder(orderId));
      if (session !== undefined) await this.end(session);
    });
  }

  /** After a release's replay. */
  async endIfPaid(session: SessionId): Promise<void> {
    await this.afterCommit('session not ended after replayed release yet', async () => {
      if (await this.breakers.concert.run(() => this.repository.hasPaid(session))) await this.end(session);
    });
  }

  /** After a hold: the session lasts as long as the hold does, and the user is not idle meanwhile. */
  async extend(session: SessionId, holdMs: number): Promise<void> {
    const room = this.roomOf(session);
    if (room === undefined) return;
    const { seq } = session;
    room.snapshot.prolong(seq, room.snapshot.nowMs + holdMs); // also while Redis is away
    await this.afterCommit('session not prolonged after hold yet', () =>
      room.entries.extendSession(seq, holdMs),
    );
  }

  /**
   * After the last hold of a session was released. Another process may have committed a hold since, of which Redis has
   * learned already.
   */
  async release(user: ActiveUser): Promise<void> {
    await this.extend(user, 0);
    await this.afterCommit('session not prolonged after release yet', async () => {
      const holdMs = await this.breakers.concert.run(() => this.repository.lastHoldMs(user));
      if (holdMs !== undefined) await this.extend(user, holdMs);
    });
  }

  /** After a hold's replay. */
  async extendForHold(reservationId: number): Promise<void> {
    await this.afterCommit('session not prolonged after replayed hold yet', async () => {
      const hold = await this.breakers.concert.run(() => this.repository.holdOf(reservationId));
      if (hold !== undefined) await this.extend(hold, hold.leftMs);
    });
  }

  private roomOf({ queueId, gen }: SessionId): WaitingRoom | undefined {
    const room = this.rooms.find(queueId);
    return room?.isOfHistory(gen) === true ? room : undefined;
  }

  private async afterCommit(failure: string, act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (err) {
      this.logger.warn({ err }, failure);
    }
  }
}
