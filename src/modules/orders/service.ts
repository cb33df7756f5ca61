import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config/config';
import { DisplayTime } from '../../common/display-time';
import { type DomainError, NotFound } from '../../common/errors';
import { Breakers } from '../operations/breakers';
import type { SqlExecutor } from '../../platform/database/database';
import { OrderMetrics } from './metrics';
import { appendEvent } from '../outbox/append';
import type { RequestKey } from '../idempotency/key';
import { IdempotencyService } from '../idempotency/service';
import { reservationMade } from '../outbox/events';
import { TokenNotActive } from '../waiting-room/errors';
import { QueueService, type ActiveUser } from '../waiting-room/service';
import { WrongQueue, ScheduleSoldOut, ScheduleStarted, SeatLimitReached, SeatNotAvailable } from './errors';
import { type HeldRow, type RejectionRow, ReservationRepository } from './repository';
import type { Hold } from './schema';

/** The seat's hold expired while this request was on its way: the seat is free, so the request is tried again. */
const RELEASED_CONCURRENTLY = Symbol('released concurrently');

/** A user's hold: made by this request, or before it. */
interface Held {
  row: HeldRow;
  isNew: boolean;
  /** Until it passes, milliseconds. */
  leftMs: number;
}

@scoped(Lifecycle.ContainerScoped)
export class ReservationService {
  private readonly holdSeconds: number;
  private readonly seatLimit: number;

  constructor(
    private readonly reservations: ReservationRepository,
    private readonly idempotency: IdempotencyService,
    private readonly queue: QueueService,
    private readonly breakers: Breakers,
    private readonly displayTime: DisplayTime,
    private readonly metrics: OrderMetrics,
    @inject(CONFIG) config: Config,
  ) {
    this.holdSeconds = config.HOLD_SECONDS;
    this.seatLimit = config.MAX_SEATS_PER_USER;
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
    const { row, isNew, leftMs } = await this.breakers.concert.run(() =>
      this.idempotency.run(
        key,
        (tx) => this.holdSeat(tx, user, scheduleId, seatId),
        (held) => this.present(held.row),
      ),
    );
    this.metrics.holds.inc({ result: isNew ? 'held' : 'repeated' });
    await this.queue.extendSession(user, leftMs);
    return this.present(row);
  }

  /** The answer is given again: the session may not have been prolonged after the COMMIT. */
  async replayed(reservationId: number): Promise<void> {
    await this.queue.extendSessionOfHold(reservationId);
  }

  private async holdSeat(
    tx: SqlExecutor,
    user: ActiveUser,
    scheduleId: number,
    seatId: number,
  ): Promise<Held> {
    const isFull = await this.lockUserAndCheckLimit(tx, user.userId, scheduleId, seatId);
    for (let isLast = false; ; isLast = true) {
      const { userId, queueId } = user;
      if (
        !isFull &&
        (await this.reservations.reserveSeat(tx, scheduleId, seatId, this.holdSeconds, queueId, user))
      )
        return this.recordHold(tx, user, seatId);
      const found = await this.reservations.explainRejection(tx, scheduleId, seatId, userId, user);
      if (found?.hasPaid === 1) throw new TokenNotActive('DONE');
      if (found !== undefined && found.holdId !== null && found.queueId === queueId)
        return { row: { ...found, id: found.holdId }, isNew: false, leftMs: found.leftMs };
      if (isFull) {
        this.metrics.holds.inc({ result: 'limited' });
        throw new SeatLimitReached(this.seatLimit);
      }
      const rejection = this.rejectionOf(found, user, scheduleId, seatId);
      if (rejection !== RELEASED_CONCURRENTLY) throw rejection;
      if (isLast) throw new SeatNotAvailable(seatId);
    }
  }

  /** Locks the user's row first of all, as payment does. The seat may be one that the user holds already. */
  private async lockUserAndCheckLimit(
    tx: SqlExecutor,
    userId: number,
    scheduleId: number,
    seatId: number,
  ): Promise<boolean> {
    if (this.seatLimit === 0) return false;
    return (await this.reservations.lockUserAndCountSeats(tx, userId, scheduleId, seatId)) >= this.seatLimit;
  }

  /** Writes the reservation of a seat reserved in this transaction, and its event. */
  private async recordHold(tx: SqlExecutor, user: ActiveUser, seatId: number): Promise<Held> {
    const { userId } = user;
    const row = await this.reservations.insertHold(tx, userId, seatId, this.holdSeconds, user);
    const { id, concertTitle, seatPosition, heldUntil } = row;
    const made = { reservationId: id, userId, concertTitle, seatPosition };
    await appendEvent(tx, reservationMade({ ...made, heldUntil: heldUntil.toISOString() }));
    return { row, isNew: true, leftMs: this.holdSeconds * 1000 };
  }

  private rejectionOf(
    found: RejectionRow | undefined,
    { queueId }: ActiveUser,
    scheduleId: number,
    seatId: number,
  ): DomainError | typeof RELEASED_CONCURRENTLY {
    if (found === undefined) return new NotFound(`Schedule ${scheduleId}`);
    if (found.seatStatus === null) return new NotFound(`Seat ${seatId} of schedule ${scheduleId}`);
    if (found.queueId !== queueId) return new WrongQueue(found.queueId, this.reservations.mainQueueId);
    if (found.started === 1) return new ScheduleStarted(scheduleId);
    if (found.seatStatus === 'AVAILABLE') return RELEASED_CONCURRENTLY;
    this.metrics.holds.inc({ result: 'refused' });
    return found.soldOut === 1 ? new ScheduleSoldOut(scheduleId) : new SeatNotAvailable(seatId);
  }

  private present({ id, reservedAt, heldUntil }: HeldRow): Hold {
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
