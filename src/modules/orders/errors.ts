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

/** 409: the user has as many seats of the schedule as one may have. */
export class SeatLimitReached extends Conflict {
  constructor(limit: number) {
    super(`You have ${limit} seats of this schedule: that is the most that one buyer may have.`);
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
