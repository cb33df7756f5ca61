import { ApiError, Conflict } from '../../errors';

/** 002: every seat of the schedule is sold. */
export class ScheduleSoldOut extends ApiError {
  constructor(scheduleId: number) {
    super('002', 409, `Schedule ${scheduleId} is sold out.`);
  }
}

/** 004: somebody holds or owns the seat. */
export class SeatNotAvailable extends ApiError {
  constructor(seatId: number) {
    super('004', 409, `Seat ${seatId} cannot be reserved: somebody else has it.`);
  }
}

export class ScheduleStarted extends Conflict {
  constructor(scheduleId: number) {
    super(`Schedule ${scheduleId} has begun: its seats cannot be reserved any more.`);
  }
}
