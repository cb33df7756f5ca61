import type { Answer } from './answer.ts';
import type { Api, Seat } from './api.ts';

/** The free seats of a schedule as a buyer sees them, until the next look. */
export class Hall {
  private readonly tried = new Set<number>();

  private constructor(
    readonly scheduleId: number,
    private readonly seats: Answer<Seat[]>,
  ) {}

  /** Of the first schedule that has free seats; undefined: all is sold or on hold. */
  static find(api: Api, token: string): Hall | undefined {
    const open = api.schedule(token).item('#(seatStatus=="AVAILABLE")');
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
