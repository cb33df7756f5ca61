import type { Answer } from './answer.ts';
import type { Api, Seat } from './api.ts';
import { oneOf, SCHEDULE_ID } from './options.ts';

/** Why there is none: all is sold or on hold, or a request failed. */
type NoHall = 'nothing-left' | 'failed';

const ANY = oneOf('DATES', ['first', 'any']) === 'any';

/** The free seats of a schedule as a buyer sees them, until they are read again. There is at least one. */
export class Hall {
  private constructor(
    readonly scheduleId: number,
    private readonly seats: Answer<Seat[]>,
  ) {}

  /** Of the first schedule that has free seats, or of the one wished for. */
  static find(api: Api, token: string): Hall | NoHall {
    const programme = api.schedule(token);
    if (!programme.ok) return 'failed';
    if (SCHEDULE_ID > 0) return Hall.read(api, token, SCHEDULE_ID);
    const wished = ANY ? programme.item(Math.floor(Math.random() * programme.count)) : undefined;
    const open = wished?.seatStatus === 'AVAILABLE' ? wished : programme.item('#(seatStatus=="AVAILABLE")');
    return open === undefined ? 'nothing-left' : Hall.read(api, token, open.scheduleId);
  }

  static read(api: Api, token: string, scheduleId: number): Hall | NoHall {
    const seats = api.seat(token, scheduleId);
    if (!seats.ok) return 'failed';
    return seats.count === 0 ? 'nothing-left' : new Hall(scheduleId, seats);
  }

  /** Any free seat. */
  pick(): Seat {
    return this.seats.item(Math.floor(Math.random() * this.seats.count)) as Seat;
  }
}
