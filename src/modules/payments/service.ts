import { Lifecycle, scoped } from 'tsyringe';
import { KeyedBatches, type KeyedBatcher } from '../idempotency/batch';
import { Tracer } from '../../platform/observability/traces/tracer';
import type { RequestKey } from '../idempotency/key';
import { Breakers } from '../operations/breakers';
import type { ActiveUser } from '../waiting-room/state/session';
import { Sessions } from '../waiting-room/sessions';
import type { PaidOrder } from '../orders/order-schema';
import { PaymentBatch, type Sale } from './batch';
import { PaymentMetrics } from './metrics';
import type { Payable } from './repository';
import type { Paid } from './schema';

@scoped(Lifecycle.ContainerScoped)
export class PaymentService {
  private readonly payments: KeyedBatcher<Payable, Sale>;

  constructor(
    batches: KeyedBatches,
    batch: PaymentBatch,
    private readonly sessions: Sessions,
    private readonly breakers: Breakers,
    private readonly metrics: PaymentMetrics,
    private readonly tracer: Tracer,
  ) {
    this.payments = batches.of({
      name: 'payment',
      userOf: ({ user }) => user.userId,
      work: (tx, requests) => batch.work(tx, requests),
      answerOf: (sale, { orderId }) => (orderId === undefined ? presentPaid(sale) : presentPaidOrder(sale)),
    });
  }

  /**
   * Pays for the order of the user's own reservation. The session ends unless the user holds another order.
   * @throws TokenNotActive (003) when the session has ended by a payment before, BalanceTooSmall (005), AlreadyPaid (409),
   * HoldEnded (409), Forbidden (403), WrongQueue (403), NotFound (404)
   */
  async pay(user: ActiveUser, reservationId: number, key: RequestKey | undefined): Promise<Paid> {
    return presentPaid(await this.sell({ user, reservationId }, key));
  }

  /** The answer is given again: the session may not have been ended after the COMMIT. */
  async replayed(reservationId: number): Promise<void> {
    await this.sessions.endOfPayment(reservationId);
  }

  /** Pays for the user's own order. @throws as `pay` */
  async payOrder(user: ActiveUser, orderId: number, key: RequestKey | undefined): Promise<PaidOrder> {
    return presentPaidOrder(await this.sell({ user, orderId }, key));
  }

  /** The answer is given again: the session may not have been ended after the COMMIT. */
  async replayedOrder(orderId: number): Promise<void> {
    await this.sessions.endOfOrder(orderId);
  }

  private async sell(payable: Payable, key: RequestKey | undefined): Promise<Sale> {
    const sale = await this.breakers.concert.run(() =>
      this.payments.submit({ ...payable, trace: this.tracer.traceparent() }, key),
    );
    this.metrics.sales.inc(sale.seats);
    this.metrics.ticketRevenue.inc(sale.amount);
    if (sale.endsSession) await this.sessions.end(payable.user);
    return sale;
  }
}

const presentPaid = ({ amount, endsSession }: Sale): Paid => ({
  paymentAmount: amount,
  seatStatus: 'RESERVED',
  queueStatus: endsSession ? 'DONE' : 'PROGRESS',
});

const presentPaidOrder = ({ orderId, amount, endsSession }: Sale): PaidOrder => ({
  orderId,
  paymentAmount: amount,
  status: 'PAID',
  queueStatus: endsSession ? 'DONE' : 'PROGRESS',
});
