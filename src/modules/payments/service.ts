import { Lifecycle, scoped } from 'tsyringe';
import { type DomainError, Forbidden, NotFound } from '../../common/errors';
import { Breakers } from '../operations/breakers';
import type { SqlExecutor } from '../../platform/database/database';
import { PaymentMetrics } from './metrics';
import { appendEvent } from '../outbox/append';
import type { RequestKey } from '../idempotency/key';
import { IdempotencyService } from '../idempotency/service';
import { paymentDone } from '../outbox/events';
import { TokenNotActive } from '../waiting-room/errors';
import { QueueRepository } from '../waiting-room/state/repository';
import { QueueService, type ActiveUser } from '../waiting-room/service';
import { WrongQueue } from '../orders/errors';
import { ReservationRepository } from '../orders/repository';
import { BalanceRepository } from '../accounts/repository';
import { AlreadyPaid, BalanceTooSmall, HoldEnded } from './errors';
import { PaymentRepository } from './repository';
import type { Paid } from './schema';

@scoped(Lifecycle.ContainerScoped)
export class PaymentService {
  constructor(
    private readonly payments: PaymentRepository,
    private readonly reservations: ReservationRepository,
    private readonly balances: BalanceRepository,
    private readonly idempotency: IdempotencyService,
    private readonly queue: QueueService,
    private readonly sessions: QueueRepository,
    private readonly breakers: Breakers,
    private readonly metrics: PaymentMetrics,
  ) {}

  /**
   * Pays for the user's own hold and ends the session.
   * @throws TokenNotActive (003) when the session has paid before, BalanceTooSmall (005), AlreadyPaid (409),
   * HoldEnded (409), Forbidden (403), WrongQueue (403), NotFound (404)
   */
  async pay(user: ActiveUser, reservationId: number, key: RequestKey | undefined): Promise<Paid> {
    const paid = await this.breakers.concert.run(() =>
      this.idempotency.run(key, (tx) => this.sellHold(tx, user, reservationId)),
    );
    this.metrics.sales.inc();
    this.metrics.ticketRevenue.inc(paid.paymentAmount);
    await this.queue.endSession(user);
    return paid;
  }

  /** The answer is given again: the session may not have been ended after the COMMIT. */
  async replayed(reservationId: number): Promise<void> {
    await this.queue.endSessionOfPayment(reservationId);
  }

  /** Locks in the fixed order: user, reservation, seat. */
  private async sellHold(tx: SqlExecutor, user: ActiveUser, reservationId: number): Promise<Paid> {
    const { userId, queueId } = user;
    const reservation = await this.reservations.findReservation(tx, reservationId);
    if (reservation === undefined) throw new NotFound(`Reservation ${reservationId}`);
    if (reservation.userId !== userId) throw new Forbidden(`Reservation ${reservationId} is not yours.`);
    if (reservation.queueId !== queueId)
      throw new WrongQueue(reservation.queueId, this.reservations.mainQueueId); // another session would stay open

    const { amount, concertTitle, seatPosition } = reservation;
    // The debit comes first because it locks the user's row, which every transaction locks before reservation and
    // seat: in another order two payments of a user could deadlock. If the sale then fails, its error rolls it back.
    const debited = await this.balances.debit(tx, userId, amount);
    const sold = await this.reservations.sellHold(tx, reservation, userId);
    if (!sold) throw await this.explainUnsold(tx, reservationId);
    if (!debited) throw await this.explainMissingDebit(tx, user);

    const paymentId = await this.payments.insertPayment(tx, reservationId, userId, amount, user);
    await this.balances.recordPayment(tx, userId, amount, paymentId);
    await appendEvent(
      tx,
      paymentDone({ reservationId, userId, paymentAmount: amount, concertTitle, seatPosition }),
    );
    return { paymentAmount: amount, seatStatus: 'RESERVED', queueStatus: 'DONE' };
  }

  private async explainMissingDebit(tx: SqlExecutor, user: ActiveUser): Promise<DomainError> {
    return (await this.sessions.hasPaid(user, tx)) ? new TokenNotActive('DONE') : new BalanceTooSmall();
  }

  private async explainUnsold(tx: SqlExecutor, reservationId: number): Promise<DomainError> {
    const reservation = await this.reservations.findReservation(tx, reservationId);
    return reservation?.status === 'RESERVED' ? new AlreadyPaid(reservationId) : new HoldEnded(reservationId);
  }
}
