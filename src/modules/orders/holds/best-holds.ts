import { Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../../common/errors';
import type { RequestKey } from '../../idempotency/key';
import { Breakers } from '../../operations/breakers';
import type { ActiveUser } from '../../waiting-room/state/session';
import { NoAdjacentSeats, ScheduleSoldOut, SeatNotAvailable } from '../errors';
import type { Order, OrderBody } from '../order-schema';
import { ReservationService } from '../reservation-service';
import { bestSeats, type Hall } from './best-seats';
import { HallRepository } from './hall-repository';

type Best = NonNullable<OrderBody['best']>;

/** How often adjacent seats are chosen, when others are faster each time. */
const MAX_CHOICES = 5;
/** One of this many best choices is drawn, so that buyers of the same moment do not all want the same seats. */
const DRAWN_AMONG = 8;

/** Holds of adjacent seats that the service chooses. */
@scoped(Lifecycle.ContainerScoped)
export class BestHolds {
  constructor(
    private readonly halls: HallRepository,
    private readonly reservations: ReservationService,
    private readonly breakers: Breakers,
  ) {}

  /** @throws as ReservationService.holdOrder; NoAdjacentSeats; NotFound (404) for a class that the schedule has not */
  async hold(user: ActiveUser, scheduleId: number, best: Best, key?: RequestKey): Promise<Order> {
    for (let choice = 1; ; choice++) {
      const hall = await this.breakers.concert.run(() => this.halls.hallOf(scheduleId, best.priceClass));
      const choices = await bestSeats(hall, best.count, DRAWN_AMONG);
      const seatIds = choices[Math.floor(Math.random() * choices.length)];
      if (seatIds === undefined) throw refusalOf(hall, scheduleId, best);
      try {
        return await this.reservations.holdOrder(user, scheduleId, seatIds, key);
      } catch (error) {
        if (!(error instanceof SeatNotAvailable) || choice === MAX_CHOICES) throw error;
      }
    }
  }
}

/** A schedule is sold out when all of it is, as for chosen seats: what others hold may be free again. */
function refusalOf(hall: Hall, scheduleId: number, { count, priceClass }: Best): Error {
  if (hall.isEmpty) return new NotFound(`Schedule ${scheduleId}`);
  if (hall.isSold) return new ScheduleSoldOut(scheduleId);
  if (hall.isWanted) return new NoAdjacentSeats(count);
  return new NotFound(`Price class ${priceClass} of schedule ${scheduleId}`);
}
