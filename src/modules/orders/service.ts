import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { DisplayTime } from '../../common/display-time';
import type { RequestKey } from '../idempotency/key';
import { KeyedBatches, type KeyedBatcher } from '../idempotency/batch';
import { Breakers } from '../operations/breakers';
import { QueueService, type ActiveUser } from '../waiting-room/service';
import { ScheduleSoldOut, SeatLimitReached, SeatNotAvailable } from './errors';
import { HoldBatch, type Held, type HoldRequest } from './hold-batch';
import type { HeldSeat } from './hold-repository';
import { OrderMetrics } from './metrics';
import type { Hold } from './schema';

@scoped(Lifecycle.ContainerScoped)
export class ReservationService {
  private readonly holds: KeyedBatcher<HoldRequest, Held>;

  constructor(
    batches: KeyedBatches,
    holdBatch: HoldBatch,
    private readonly queue: QueueService,
    private readonly breakers: Breakers,
    private readonly displayTime: DisplayTime,
    private readonly metrics: OrderMetrics,
    @inject(CONFIG) config: Config,
  ) {
    const rules = { holdSeconds: config.HOLD_SECONDS, seatLimit: config.MAX_SEATS_PER_USER };
    this.holds = batches.of({
      name: 'hold',
      userOf: ({ user }) => user.userId,
      work: (tx, requests) => holdBatch.work(tx, requests, rules),
      answerOf: ({ rows }) => this.present(rows[0]),
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
    const { rows, isNew, leftMs } = await this.breakers.concert
      .run(() => this.holds.submit({ user, scheduleId, seatIds: [seatId] }, key))
      .catch((error: unknown) => this.countRefusal(error));
    this.metrics.holds.inc({ result: isNew ? 'held' : 'repeated' });
    await this.queue.extendSession(user, leftMs);
    return this.present(rows[0]);
  }

  /** The answer is given again: the session may not have been prolonged after the COMMIT. */
  async replayed(reservationId: number): Promise<void> {
    await this.queue.extendSessionOfHold(reservationId);
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
