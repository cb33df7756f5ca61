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
import { OtherLine, ScheduleSoldOut, ScheduleStarted, SeatLimitReached, SeatNotAvailable } from './errors';
import { type HeldRow, type NotTakenRow, ReservationRepository } from './repository';
import type { Hold } from './schema';

/** The sweeper freed the seat while it was asked for: it must not be refused, it is free. */
const FREE_MEANWHILE = Symbol('free meanwhile');

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
   * OtherLine (403), TokenNotActive (003) when the session has paid, NotFound (404)
   */
  async hold(
    visitor: ActiveUser,
    scheduleId: number,
    seatId: number,
    key: RequestKey | undefined,
  ): Promise<Hold> {
    const { row, isNew, leftMs } = await this.breakers.concert.run(() =>
      this.idempotency.run(
        key,
        (tx) => this.take(tx, visitor, scheduleId, seatId),
        (held) => this.present(held.row),
      ),
    );
    this.metrics.holds.inc({ result: isNew ? 'held' : 'repeated' });
    await this.queue.extendSession(visitor, leftMs);
    return this.present(row);
  }

  /** The answer is given again: the session may not have been prolonged after the COMMIT. */
  async replayed(reservationId: number): Promise<void> {
    await this.queue.extendSessionOfHold(reservationId);
  }

  private async take(
    tx: SqlExecutor,
    visitor: ActiveUser,
    scheduleId: number,
    seatId: number,
  ): Promise<Held> {
    const isFull = await this.hasReachedLimit(tx, visitor.userId, scheduleId, seatId);
    for (let isLast = false; ; isLast = true) {
      const { userId, queueId } = visitor;
      if (
        !isFull &&
        (await this.reservations.take(tx, scheduleId, seatId, this.holdSeconds, queueId, visitor))
      )
        return this.enter(tx, visitor, seatId);
      const found = await this.reservations.whyNotTaken(tx, scheduleId, seatId, userId, visitor);
      if (found?.hasPaid === 1) throw new TokenNotActive('DONE');
      if (found !== undefined && found.holdId !== null && found.queueId === queueId)
        return { row: { ...found, id: found.holdId }, isNew: false, leftMs: found.leftMs };
      if (isFull) {
        this.metrics.holds.inc({ result: 'limited' });
        throw new SeatLimitReached(this.seatLimit);
      }
      const refusal = this.refusal(found, visitor, scheduleId, seatId);
      if (refusal !== FREE_MEANWHILE) throw refusal;
      if (isLast) throw new SeatNotAvailable(seatId);
    }
  }

  /** Locks the member first of all, as payment does. The seat that is asked for may be one that the user holds. */
  private async hasReachedLimit(
    tx: SqlExecutor,
    userId: number,
    scheduleId: number,
    seatId: number,
  ): Promise<boolean> {
    if (this.seatLimit === 0) return false;
    return (await this.reservations.seatsOf(tx, userId, scheduleId, seatId)) >= this.seatLimit;
  }

  /** Writes the reservation of a seat taken in this transaction, and its event. */
  private async enter(tx: SqlExecutor, visitor: ActiveUser, seatId: number): Promise<Held> {
    const { userId } = visitor;
    const row = await this.reservations.insertHold(tx, userId, seatId, this.holdSeconds, visitor);
    const { id, concertTitle, seatPosition, heldUntil } = row;
    const made = { reservationId: id, userId, concertTitle, seatPosition };
    await appendEvent(tx, reservationMade({ ...made, heldUntil: heldUntil.toISOString() }));
    return { row, isNew: true, leftMs: this.holdSeconds * 1000 };
  }

  private refusal(
    found: NotTakenRow | undefined,
    { queueId }: ActiveUser,
    scheduleId: number,
    seatId: number,
  ): DomainError | typeof FREE_MEANWHILE {
    if (found === undefined) return new NotFound(`Schedule ${scheduleId}`);
    if (found.seatStatus === null) return new NotFound(`Seat ${seatId} of schedule ${scheduleId}`);
    if (found.queueId !== queueId) return new OtherLine(found.queueId, this.reservations.mainQueueId);
    if (found.started === 1) return new ScheduleStarted(scheduleId);
    if (found.seatStatus === 'AVAILABLE') return FREE_MEANWHILE;
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
