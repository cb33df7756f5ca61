import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../config';
import { DisplayTime } from '../../display-time';
import { type ApiError, NotFound } from '../../errors';
import { Breakers } from '../../infra/breakers';
import type { Statements } from '../../infra/database';
import { Metrics } from '../../infra/metrics';
import { appendEvent } from '../../infra/outbox';
import type { RequestKey } from '../idempotency/key';
import { IdempotencyService } from '../idempotency/service';
import { reservationMade } from '../notification/events';
import { QueueService, type Visitor } from '../queue/service';
import { OtherLine, ScheduleSoldOut, ScheduleStarted, SeatLimitReached, SeatNotAvailable } from './errors';
import { type HoldRow, ReservationRepository } from './repository';
import type { Hold } from './schema';

/** The sweeper freed the seat while it was asked for: it must not be refused, it is free. */
const FREE_MEANWHILE = Symbol('free meanwhile');

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
    private readonly metrics: Metrics,
    @inject(CONFIG) config: Config,
  ) {
    this.holdSeconds = config.HOLD_SECONDS;
    this.seatLimit = config.MAX_SEATS_PER_USER;
  }

  /**
   * Puts a seat on hold for HOLD_SECONDS.
   * @throws SeatNotAvailable (004), ScheduleSoldOut (002), ScheduleStarted (409), SeatLimitReached (409),
   * OtherLine (403), NotFound (404)
   */
  async hold(
    visitor: Visitor,
    scheduleId: number,
    seatId: number,
    key: RequestKey | undefined,
  ): Promise<Hold> {
    const hold = await this.breakers.concert.run(() =>
      this.idempotency.run(key, async (tx) => {
        if (this.seatLimit > 0) await this.keepToLimit(tx, visitor.userId, scheduleId);
        await this.take(tx, visitor, scheduleId, seatId);
        const row = await this.reservations.insertHold(tx, visitor.userId, seatId, this.holdSeconds);
        const { id, concertTitle, seatPosition, heldUntil } = row;
        const made = { reservationId: id, userId: visitor.userId, concertTitle, seatPosition };
        await appendEvent(tx, reservationMade({ ...made, heldUntil: heldUntil.toISOString() }));
        return this.present(row);
      }),
    );
    this.metrics.holds.inc({ result: 'held' });
    await this.queue.stay(visitor, this.holdSeconds * 1000);
    return hold;
  }

  /** Locks the member first of all, as payment does. */
  private async keepToLimit(tx: Statements, userId: number, scheduleId: number): Promise<void> {
    if ((await this.reservations.seatsOf(tx, userId, scheduleId)) < this.seatLimit) return;
    this.metrics.holds.inc({ result: 'limited' });
    throw new SeatLimitReached(this.seatLimit);
  }

  private async take(tx: Statements, visitor: Visitor, scheduleId: number, seatId: number): Promise<void> {
    for (let isLast = false; ; isLast = true) {
      if (await this.reservations.take(tx, scheduleId, seatId, this.holdSeconds, visitor.queueId)) return;
      const refusal = await this.whyNotTaken(tx, visitor, scheduleId, seatId);
      if (refusal !== FREE_MEANWHILE) throw refusal;
      if (isLast) throw new SeatNotAvailable(seatId);
    }
  }

  private async whyNotTaken(
    tx: Statements,
    { queueId }: Visitor,
    scheduleId: number,
    seatId: number,
  ): Promise<ApiError | typeof FREE_MEANWHILE> {
    const found = await this.reservations.whyNotTaken(tx, scheduleId, seatId);
    if (found === undefined) return new NotFound(`Schedule ${scheduleId}`);
    if (found.seatStatus === null) return new NotFound(`Seat ${seatId} of schedule ${scheduleId}`);
    if (found.queueId !== queueId) return new OtherLine(found.queueId, this.reservations.mainQueueId);
    if (found.started === 1) return new ScheduleStarted(scheduleId);
    if (found.seatStatus === 'AVAILABLE') return FREE_MEANWHILE;
    this.metrics.holds.inc({ result: 'refused' });
    return found.soldOut === 1 ? new ScheduleSoldOut(scheduleId) : new SeatNotAvailable(seatId);
  }

  private present({ id, reservedAt, heldUntil }: HoldRow): Hold {
    return {
      reservationId: id,
      seatStatus: 'TEMP_RESERVED',
      reservedDate: this.displayTime.dateTime(reservedAt),
      reservedUntilDate: this.displayTime.dateTime(heldUntil),
    };
  }
}
