import type { Random } from '../random.ts';
import type { Programme } from '../workload/programme.ts';

/** Seats on sale at a time, few enough that buyers meet. */
const HOT_SEATS = 100;
/** Seats by which the range in use advances with each sale: if most were sold, no more holds would succeed. */
const SEATS_PER_SALE = 3;
const MOST_SEATS = 4;
/** Of each schedule. */
export const SEATS = 1000;
export const SCHEDULES = 60;

/** The seats that all buyers of a storm want at the moment. */
export class HotSeats {
  readonly programme: Programme;
  private schedule = 0;
  private first = 0;

  constructor(programme: Programme) {
    this.programme = programme;
  }

  /** One to four next to each other. */
  some(random: Random): number[] {
    const seats = this.programme.seatsOf(this.schedule);
    const from = this.first + Math.floor(random() * HOT_SEATS);
    const some = seats.slice(from, from + 1 + Math.floor(random() * MOST_SEATS));
    return some.length === 0 ? seats.slice(0, 1) : some;
  }

  /** Sold seats stay among those asked for, for a while. */
  moveOn(): void {
    this.first += SEATS_PER_SALE;
    if (this.first + HOT_SEATS < SEATS) return;
    this.first = 0;
    this.schedule = (this.schedule + 1) % SCHEDULES;
  }
}
