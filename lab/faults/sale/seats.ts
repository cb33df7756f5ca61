import type { Programme } from '../workload/programme.ts';

interface Party {
  scheduleId: number;
  seatIds: number[];
}

/** Seats that users see as free; seats of lapsed holds return. */
export class Seats {
  private readonly bySchedule: { id: number; seats: number[] }[];
  private turn = 0;

  constructor(programme: Programme, schedules: number) {
    this.bySchedule = Array.from({ length: schedules }, (_, i) => {
      const seats = [...programme.seatsOf(i)];
      return { id: programme.scheduleOf(seats[0] ?? 0), seats };
    });
  }

  /** Undefined: there is nothing to choose now. */
  choose(count: number): Party | undefined {
    const schedules = this.bySchedule.filter(({ seats }) => seats.length > 0);
    const schedule = schedules[this.turn++ % schedules.length];
    return (
      schedule && { scheduleId: schedule.id, seatIds: schedule.seats.splice(0, count).sort((a, b) => a - b) }
    );
  }

  /** They were not bought, or whether they were is not known: somebody else may try. */
  giveBack({ scheduleId, seatIds }: Party): void {
    const schedule = this.bySchedule.find(({ id }) => id === scheduleId);
    if (schedule !== undefined) for (const seatId of seatIds) schedule.seats.push(seatId);
  }
}
