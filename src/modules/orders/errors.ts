import { Conflict, Forbidden } from '../../common/errors';

/** 002: every seat of the schedule is sold. */
export class ScheduleSoldOut extends Conflict {
  constructor(scheduleId: number) {
    super(`Schedule ${scheduleId} is sold out.`, { code: '002' });
  }
}

/** 004: somebody else holds the seats, or they are sold. */
export class SeatNotAvailable extends Conflict {
  constructor(seatIds: number[]) {
    super(
      seatIds.length === 1
        ? `Seat ${seatIds[0]} cannot be reserved: somebody else has it.`
        : `Seats ${seatIds.join(', ')} cannot be reserved: somebody else has them.`,
      { code: '004' },
    );
  }
}

/** 004 as well: the user holds these seats already, but not all that were wanted in one order. */
export class SeatsHeldApart extends Conflict {
  constructor(seatIds: number[]) {
    super(
      `You hold ${seatIds.length === 1 ? 'seat' : 'seats'} ${seatIds.join(', ')} in another order: pay or release it, or leave ${seatIds.length === 1 ? 'it' : 'them'} out.`,
      { code: '004' },
    );
  }
}

/** The user has as many seats of the schedule as one may have: 409 of the study's reserve, SEAT_LIMIT of an order. */
export class SeatLimitReached extends Conflict {
  constructor(
    private readonly limit: number,
    code = '409',
  ) {
    super(`You have ${limit} seats of this schedule: that is the most that one buyer may have.`, { code });
  }

  named(): SeatLimitReached {
    return new SeatLimitReached(this.limit, 'SEAT_LIMIT');
  }
}

export class ScheduleStarted extends Conflict {
  constructor(scheduleId: number) {
    super(`Schedule ${scheduleId} has begun: its seats cannot be reserved any more.`);
  }
}

/** 403: admitted, but by another queue than the concert's. */
export class WrongQueue extends Forbidden {
  constructor(queueId: string, mainQueueId: string) {
    super(
      queueId === mainQueueId
        ? 'This concert is sold to users of the main queue: ask for a token without queueId.'
        : `This concert has its own queue: ask for a token with queueId ${queueId}.`,
    );
  }
}

/** NOT_ON_SALE: the sale of the schedule has not opened yet, or has closed, or the schedule is canceled. */
export class NotOnSale extends Conflict {
  /** @param opensAt null: it has opened, or will not */
  constructor(scheduleId: number, opensAt: Date | null = null) {
    super(
      opensAt === null
        ? `Schedule ${scheduleId} is not on sale.`
        : `The sale of schedule ${scheduleId} opens at ${opensAt.toISOString()}.`,
      { code: 'NOT_ON_SALE' },
    );
  }
}

/** HOLD_ENDED: the order is not held any more. */
export class OrderNotHeld extends Conflict {
  constructor(orderId: number) {
    super(`Order ${orderId} is not held any more.`, { code: 'HOLD_ENDED' });
  }
}

/** ALREADY_EXTENDED: a hold is prolonged once. */
export class AlreadyExtended extends Conflict {
  constructor(orderId: number) {
    super(`The hold of order ${orderId} was prolonged before: that can be done once.`, {
      code: 'ALREADY_EXTENDED',
    });
  }
}

/** NOT_REFUNDABLE: the order is not paid, or it is too late to give the tickets back. */
export class NotRefundable extends Conflict {
  constructor(orderId: number, why: string) {
    super(`Order ${orderId} cannot be canceled: ${why}.`, { code: 'NOT_REFUNDABLE' });
  }
}

/** NO_ADJACENT_SEATS: there are not enough free seats next to each other. */
export class NoAdjacentSeats extends Conflict {
  constructor(count: number) {
    super(`There are not ${count} free seats next to each other: ask for fewer, or choose seats.`, {
      code: 'NO_ADJACENT_SEATS',
    });
  }
}
