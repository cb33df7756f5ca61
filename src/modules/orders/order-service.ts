import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { Conflict, Forbidden, NotFound } from '../../common/errors';
import { Database, type SqlExecutor, type SqlTransaction } from '../../platform/database/database';
import type { RequestKey } from '../idempotency/key';
import { IdempotencyService } from '../idempotency/service';
import { Breakers } from '../operations/breakers';
import type { ActiveUser } from '../waiting-room/state/session';
import { Sessions } from '../waiting-room/sessions';
import { BestHolds } from './holds/best-holds';
import { AlreadyExtended, NotRefundable, OrderNotHeld, SeatLimitReached } from './errors';
import { ExtensionRepository } from './holds/extension-repository';
import { OrderRepository, type OrderRow } from './order-repository';
import { OrderPresenter } from './order-presenter';
import { type Order, type OrderBody, ORDERS_PER_PAGE } from './order-schema';
import { RefundRepository } from './refunds/refund-repository';
import { ReservationService } from './reservation-service';

/** The state after a user released or canceled an order. */
interface Left {
  session: ActiveUser | undefined;
  /** Whether its user still holds seats in the queue of the session. */
  isHolding: boolean;
}

/** Orders of several seats: held, prolonged, released and canceled as one. */
@scoped(Lifecycle.ContainerScoped)
export class OrderService {
  private readonly extensionSeconds: number;

  constructor(
    private readonly database: Database,
    private readonly reservations: ReservationService,
    private readonly orders: OrderRepository,
    private readonly bestHolds: BestHolds,
    private readonly extensions: ExtensionRepository,
    private readonly refunds: RefundRepository,
    private readonly idempotency: IdempotencyService,
    private readonly sessions: Sessions,
    private readonly breakers: Breakers,
    private readonly presenter: OrderPresenter,
    @inject(CONFIG) config: Config,
  ) {
    this.extensionSeconds = config.HOLD_EXTENSION_SECONDS;
  }

  /**
   * Puts seats on hold, all or none.
   * @throws as ReservationService.hold; SeatNotAvailable names the seats that are gone; NoAdjacentSeats
   */
  async create(user: ActiveUser, { scheduleId, seatIds, best }: OrderBody, key?: RequestKey): Promise<Order> {
    try {
      if (seatIds !== undefined) return await this.reservations.holdOrder(user, scheduleId, seatIds, key);
      return await this.bestHolds.hold(user, scheduleId, best ?? { count: 1 }, key);
    } catch (error) {
      throw error instanceof SeatLimitReached ? error.named() : error;
    }
  }

  /** One of the user's orders. @throws NotFound (404), Forbidden (403) */
  async find(userId: number, orderId: number): Promise<Order> {
    const order = await this.breakers.concert.run(() => this.ownOrder(this.database, userId, orderId));
    return this.presenter.present(order);
  }

  /** The user's newest orders, at most 100. @param before only those with smaller ids */
  async list(userId: number, before = Number.MAX_SAFE_INTEGER): Promise<Order[]> {
    const orders = await this.breakers.concert.run(() =>
      this.orders.list(this.database, userId, before, ORDERS_PER_PAGE),
    );
    return orders.map((order) => this.presenter.present(order));
  }

  /** The answer is given again: the session may not have been prolonged after the COMMIT. */
  async replayed({ seats }: Order): Promise<void> {
    await this.sessions.extendForHold(seats[0]?.reservationId ?? 0);
  }

  /** The answer to a release is given again: its session may not have been ended or shortened after the COMMIT. */
  async replayedRelease(orderId: number): Promise<void> {
    const { session, isHolding } = await this.breakers.concert.run(() => this.leftOf(this.database, orderId));
    if (session === undefined) return;
    if (!isHolding) await this.sessions.release(session);
    await this.sessions.endIfPaid(session);
  }

  /** Frees the seats at once. The session of the order is the one that may end. @throws OrderNotHeld, NotFound (404), Forbidden (403) */
  async release(user: ActiveUser, orderId: number, key?: RequestKey): Promise<Order> {
    let left: Left = { session: undefined, isHolding: true };
    const { order, isOver } = await this.act(user, orderId, key, async (tx, before) => {
      if (before.status !== 'HELD') throw new OrderNotHeld(orderId);
      if ((await this.refunds.releaseOrders(tx, [orderId])).length === 0) throw new OrderNotHeld(orderId);
      left = await this.leftOf(tx, orderId);
      return left.session !== undefined && (await this.orders.endSessionIfPaid(tx, left.session));
    });
    if (left.session !== undefined && isOver) await this.sessions.end(left.session);
    else if (left.session !== undefined && !left.isHolding) await this.sessions.release(left.session);
    return order;
  }

  /** Prolongs the hold, once. @throws OrderNotHeld, AlreadyExtended, NotFound (404), Forbidden (403) */
  async extend(user: ActiveUser, orderId: number, key?: RequestKey): Promise<Order> {
    if (this.extensionSeconds === 0) throw new Conflict('Holds are not prolonged here.');
    const { order } = await this.act(user, orderId, key, async (tx, before) => {
      if (before.status !== 'HELD') throw new OrderNotHeld(orderId);
      if (before.extended === 1) throw new AlreadyExtended(orderId);
      if (!(await this.extensions.extend(tx, before, this.extensionSeconds))) throw new OrderNotHeld(orderId);
      return false;
    });
    await this.replayed(order);
    return order;
  }

  /** Gives the tickets back for their money. @throws NotRefundable, NotFound (404), Forbidden (403) */
  async cancel(userId: number, orderId: number, key?: RequestKey): Promise<Order> {
    const { order } = await this.act({ userId }, orderId, key, async (tx, before) => {
      if (before.status !== 'PAID') throw new NotRefundable(orderId, 'it is not paid');
      if (!(await this.orders.isRefundable(tx, orderId)))
        throw new NotRefundable(orderId, 'it is too late to give its tickets back');
      await this.refunds.refundOrders(tx, [orderId], 'buyer');
      return false;
    });
    return order;
  }

  private async leftOf(on: SqlExecutor, orderId: number): Promise<Left> {
    const session = await this.orders.sessionOf(on, orderId);
    return { session, isHolding: session !== undefined && (await this.orders.isHolding(on, session)) };
  }

  /** Does something to an order of the user's own, whose row is locked meanwhile. */
  private async act(
    { userId }: { userId: number },
    orderId: number,
    key: RequestKey | undefined,
    work: (tx: SqlTransaction, before: OrderRow) => Promise<boolean>,
  ): Promise<{ order: Order; isOver: boolean }> {
    return this.breakers.concert.run(() =>
      this.idempotency.run(
        key,
        async (tx) => {
          await this.orders.lockUser(tx, userId);
          const isOver = await work(tx, await this.ownOrder(tx, userId, orderId));
          return { order: this.presenter.present(await this.ownOrder(tx, userId, orderId)), isOver };
        },
        ({ order }) => order,
      ),
    );
  }

  private async ownOrder(
    on: Parameters<OrderRepository['find']>[0],
    userId: number,
    orderId: number,
  ): Promise<OrderRow> {
    const [order] = await this.orders.find(on, [orderId]);
    if (order === undefined) throw new NotFound(`Order ${orderId}`);
    if (order.userId !== userId) throw new Forbidden(`Order ${orderId} is not yours.`);
    return order;
  }
}
