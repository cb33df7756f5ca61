import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { DisplayTime } from '../../common/calendar/display-time';
import { Tracer } from '../../platform/observability/traces/tracer';
import type { RequestKey } from '../idempotency/key';
import { KeyedBatches, type KeyedBatcher } from '../idempotency/batch';
import { Breakers } from '../operations/breakers';
import type { ActiveUser } from '../waiting-room/state/session';
import { Sessions } from '../waiting-room/sessions';
import { ScheduleSoldOut, SeatLimitReached, SeatNotAvailable } from './errors';
import { HoldBatch, type Held, type HoldRequest } from './holds/hold-batch';
import type { HeldSeat } from './holds/hold-rows';
import { OrderMetrics } from './metrics';
import { OrderPresenter } from './order-presenter';
import type { Order } from './order-schema';
import type { Hold } from './reservation-schema';

@scoped(Lifecycle.ContainerScoped)
export class ReservationService {
  private readonly holds: KeyedBatcher<HoldRequest, Held>;

  constructor(
    batches: KeyedBatches,
    holdBatch: HoldBatch,
    private readonly sessions: Sessions,
    private readonly breakers: Breakers,
    private readonly displayTime: DisplayTime,
    private readonly presenter: OrderPresenter,
    private readonly metrics: OrderMetrics,
    private readonly tracer: Tracer,
    @inject(CONFIG) config: Config,
  ) {
    const rules = { holdSeconds: config.HOLD_SECONDS, seatLimit: config.MAX_SEATS_PER_USER };
    this.holds = batches.of({
      name: 'hold',
      userOf: ({ user }) => user.userId,
      work: (tx, requests) => holdBatch.work(tx, requests, rules),
      answerOf: (held, { isOrder }) =>
        isOrder === true ? this.presentOrder(held) : this.present(held.rows[0]),
    });
  }

  /**
   * Puts a seat on hold for HOLD_SECONDS. A seat that the user holds already is answered with that hold: it is not
   * prolonged, and nothing is written.
   * @throws SeatNotAvailable (004), ScheduleSoldOut (002), ScheduleStarted (409), SeatLimitReached (409),
   * WrongQueue (403), TokenNotActive (003) when the session has paid, NotFound (404)
   */
  async hold(
    user: ActiveUser,
    scheduleId: number,
    seatId: number,
    key: RequestKey | undefined,
  ): Promise<Hold> {
    const { rows } = await this.submit({ user, scheduleId, seatIds: [seatId] }, key);
    return this.present(rows[0]);
  }

  /**
   * Puts seats on hold, all or none. Seats that the user holds in one order already are answered with that order.
   * @throws as `hold`; SeatNotAvailable names the seats that are gone
   */
  async holdOrder(
    user: ActiveUser,
    scheduleId: number,
    seatIds: number[],
    key: RequestKey | undefined,
  ): Promise<Order> {
    const ascending = [...new Set(seatIds)].sort((one, other) => one - other);
    const request = { user, scheduleId, seatIds: ascending, isOrder: true };
    return this.presentOrder(await this.submit(request, key));
  }

  private async submit(request: HoldRequest, key: RequestKey | undefined): Promise<Held> {
    const held = await this.breakers.concert
      .run(() => this.holds.submit({ ...request, trace: this.tracer.traceparent() }, key))
      .catch((error: unknown) => this.countRefusal(error));
    this.metrics.holds.inc({ result: held.isNew ? 'held' : 'repeated' });
    await this.sessions.extend(request.user, held.leftMs);
    return held;
  }

  private presentOrder({ order }: Held): Order {
    if (order === undefined) throw new Error('A hold without its order.');
    return this.presenter.present(order);
  }

  /** The answer is given again: the session may not have been prolonged after the COMMIT. */
  async replayed(reservationId: number): Promise<void> {
    await this.sessions.extendForHold(reservationId);
  }

  private countRefusal(error: unknown): never {
    if (error instanceof SeatLimitReached) this.metrics.holds.inc({ result: 'limited' });
    if (error instanceof SeatNotAvailable || error instanceof ScheduleSoldOut)
      this.metrics.holds.inc({ result: 'refused' });
    throw error;
  }

  private present(seat: HeldSeat | undefined): Hold {
    if (seat === undefined) throw new Error('A hold without a seat.');
    const { id, reservedAt, heldUntil } = seat;
    return {
      reservationId: id,
      seatStatus: 'TEMP_RESERVED',
      reservedDate: this.displayTime.dateTime(reservedAt),
      reservedUntilDate: this.displayTime.dateTime(heldUntil),
      reservedAt: this.displayTime.withOffset(reservedAt),
      reservedUntil: this.displayTime.withOffset(heldUntil),
    };
  }
}
