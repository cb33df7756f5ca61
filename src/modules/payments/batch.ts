import { Lifecycle, scoped } from 'tsyringe';
import { Forbidden, NotFound } from '../../common/errors';
import { ALONE, demand, done, type Outcome, refused } from '../../platform/database/batch/outcome';
import { answersOf, type SqlTransaction } from '../../platform/database/database';
import { BalanceRepository } from '../accounts/repository';
import { WrongQueue } from '../orders/errors';
import { OlderRows } from '../orders/expiry/older-rows';
import { appendEvents } from '../outbox/append';
import { paymentDone } from '../outbox/events';
import { TokenNotActive } from '../waiting-room/errors';
import type { ActiveUser, SessionId } from '../waiting-room/state/session';
import { AlreadyPaid, BalanceTooSmall, HoldEnded } from './errors';
import { type NewPayment, type Payable, type PayableItem, PaymentRepository } from './repository';

/** What a payment was for. */
export interface Sale {
  orderId: number;
  /** Won. */
  amount: number;
  seats: number;
  endsSession: boolean;
}

/** A payment that is to be written, with the items that it is for. */
interface Accepted extends NewPayment {
  items: PayableItem[];
  trace: string | undefined;
  /** Won; of the user, after the payment. */
  balanceAfter: number;
}

/**
 * Payments, many in one transaction (ADR 15): lock the users, read what is to be paid, decide in the order of arrival,
 * write. The statement that sells judges the holds again; should it match other rows, nothing is written.
 */
@scoped(Lifecycle.ContainerScoped)
export class PaymentBatch {
  private readonly olderRows = new OlderRows();

  constructor(
    private readonly payments: PaymentRepository,
    private readonly balances: BalanceRepository,
  ) {}

  async work(tx: SqlTransaction, requests: Payable[]): Promise<Outcome<Sale>[]> {
    // A user whose row another transaction has is to keep nobody else waiting.
    const isAlone = requests.length === 1;
    const userIds = requests.map(({ user }) => user.userId);
    const [balances, items] = await answersOf([
      this.balances.lockUsers(tx, userIds, isAlone),
      this.itemsOf(tx, requests),
    ]);
    const round = new PaymentRound(balances, this.payments.mainQueueId);
    const decisions = requests.map((request, i) => {
      if (!isAlone && !balances.has(request.user.userId)) return ALONE;
      return round.decide(request, items[i] ?? []);
    });
    await this.write(
      tx,
      decisions.flatMap((each) => (each.kind === 'accepted' ? [each.payment] : [])),
    );
    return decisions.map((each) => (each.kind === 'accepted' ? done(saleOf(each.payment)) : each));
  }

  private async itemsOf(tx: SqlTransaction, requests: Payable[]): Promise<PayableItem[][]> {
    const group = (items: PayableItem[]): PayableItem[][] =>
      requests.map((_, i) => items.filter(({ payment }) => payment === i));
    const items = await this.payments.findItems(tx, requests);
    const older = items.filter(({ userId, orderId }) => userId !== null && orderId === null);
    if (older.length === 0) return group(items);
    const ids = older.flatMap(({ payment }) => requests[payment]?.reservationId ?? []);
    await this.olderRows.adoptReservations(tx, ids);
    return group(await this.payments.findItems(tx, requests));
  }

  private async write(tx: SqlTransaction, payments: Accepted[]): Promise<void> {
    if (payments.length === 0) return;
    const debits = payments.map(({ user, amount }) => ({ userId: user.userId, amount }));
    const orders = payments.map(({ orderId, user, items }) => ({ orderId, userId: user.userId, items }));
    const events = payments.flatMap(({ user, items, trace }) =>
      items.map((item) => ({ ...paidEvent(user.userId, item), trace })),
    );
    const [, , paymentIds] = await answersOf([
      demand(this.balances.debit(tx, debits), () => new BalanceTooSmall()),
      demand(this.payments.sell(tx, orders), () => unsold(payments)),
      this.payments.insertPayments(tx, payments),
      appendEvents(tx, events),
    ]);
    await this.balances.insertEntries(
      tx,
      payments.map(({ user, amount, balanceAfter }, i) => ({
        userId: user.userId,
        kind: 'PAYMENT',
        amount: -amount,
        balanceAfter,
        paymentId: paymentIds[i] ?? null,
      })),
    );
  }
}

type Decision = { kind: 'accepted'; payment: Accepted } | { kind: 'refused'; error: Error } | typeof ALONE;

/** What a batch of payments has decided so far. */
class PaymentRound {
  /** Orders paid in this batch, and by whom. */
  private readonly paid = new Map<number, ActiveUser>();
  /** Sessions that were ended in this batch: a user may have one in each queue. */
  private readonly ended = new Set<string>();

  constructor(
    private readonly balances: Map<number, number>,
    private readonly mainQueueId: string,
  ) {}

  /** Payments are decided in the order of arrival. */
  decide(request: Payable, items: PayableItem[]): Decision {
    const [first] = items;
    const error = this.refusalOf(request, items);
    if (error !== undefined) return refused(error);
    if (first?.orderId == null) throw new Error('A payment without an order.');
    const { user, trace } = request;
    const { userId } = user;
    const { total: amount, orderId, reservationId } = first;
    const balanceAfter = (this.balances.get(userId) ?? 0) - amount;
    this.balances.set(userId, balanceAfter);
    const endsSession = first.heldOrders - this.paidBefore(user) <= 1;
    this.paid.set(orderId, user);
    if (endsSession) this.ended.add(nameOf(user));
    const payment = { user, orderId, reservationId, amount, endsSession, items, balanceAfter, trace };
    return { kind: 'accepted', payment };
  }

  /** How many of the orders that the user held in the session's queue. */
  private paidBefore({ userId, queueId }: ActiveUser): number {
    const isSame = (payer: ActiveUser): boolean => payer.userId === userId && payer.queueId === queueId;
    return [...this.paid.values()].filter(isSame).length;
  }

  private refusalOf({ user, orderId, reservationId }: Payable, items: PayableItem[]): Error | undefined {
    const [first] = items;
    const name = orderId === undefined ? `Reservation ${reservationId}` : `Order ${orderId}`;
    if (first === undefined || first.userId === null) return new NotFound(name);
    if (first.userId !== user.userId) return new Forbidden(`${name} is not yours.`);
    // By another queue's token another session would stay open.
    if (first.queueId !== user.queueId) return new WrongQueue(first.queueId, this.mainQueueId);
    if (first.orderStatus === 'PAID' || this.paid.has(first.orderId ?? 0)) return new AlreadyPaid(name);
    if (!items.every(({ isHeld }) => isHeld === 1)) return new HoldEnded(name);
    if (first.hasPaid === 1 || this.ended.has(nameOf(user))) return new TokenNotActive('DONE');
    if ((this.balances.get(user.userId) ?? 0) < first.total) return new BalanceTooSmall();
    return undefined;
  }
}

const nameOf = ({ queueId, gen, seq }: SessionId): string => `${queueId} ${gen} ${seq}`;

/** A hold expired in this very moment, or the rows disagree: a single payment says which. */
function unsold(payments: Accepted[]): Error {
  const [{ orderId, items } = { orderId: 0, items: [] }] = payments;
  return new Error(`Order ${orderId} is held, but not all of its ${items.length} seats are on hold.`);
}

const saleOf = ({ orderId, amount, items, endsSession }: Accepted): Sale => ({
  orderId,
  amount,
  seats: items.length,
  endsSession,
});

const paidEvent = (userId: number, item: PayableItem): ReturnType<typeof paymentDone> => {
  const { reservationId, amount, concertTitle, seatPosition } = item;
  return paymentDone({ reservationId, userId, paymentAmount: amount, concertTitle, seatPosition });
};
