import type { Answer } from './answer.ts';
import type { Api, Seat } from './api.ts';
import { oneOf, SCHEDULE_ID } from './options.ts';

const ANY = oneOf('DATES', ['first', 'any']) === 'any';

/** The free seats of a schedule as a buyer sees them, until the next look. */
export class Hall {
  private readonly tried = new Set<number>();

  private constructor(
    readonly scheduleId: number,
    private readonly seats: Answer<Seat[]>,
  ) {}

  /** Of the first schedule that has free seats, or of the one wished for; undefined: all is sold or on hold. */
  static find(api: Api, token: string): Hall | undefined {
    const programme = api.schedule(token);
    if (SCHEDULE_ID > 0) return new Hall(SCHEDULE_ID, api.seat(token, SCHEDULE_ID));
    const wished = ANY ? programme.item(Math.floor(Math.random() * programme.count)) : undefined;
    const open = wished?.seatStatus === 'AVAILABLE' ? wished : programme.item('#(seatStatus=="AVAILABLE")');
    return open && new Hall(open.scheduleId, api.seat(token, open.scheduleId));
  }

  /** Any free seat that this buyer has not tried yet. */
  pick(): Seat | undefined {
    const { count } = this.seats;
    if (this.tried.size >= count) return undefined;
    let index: number;
    do index = Math.floor(Math.random() * count);
    while (this.tried.has(index));
    this.tried.add(index);
    return this.seats.item(index);
  }
}
