import type { Purchases } from '../catalog/sale-board/demand';
import type { SoldOrder } from './repository';

interface Change {
  ms: number;
  free: number;
  held: number;
  /** A session holds seats, or does not any more. */
  holders: number;
  bought?: { seats: number; won: number };
  returned?: { seats: number; won: number };
}

/** Changes of seats by orders, in the order of time. */
function changesOf({ seats, total, heldAt, paidAt, endedAt }: SoldOrder): Change[] {
  const changes: Change[] = [{ ms: heldAt.getTime(), free: -seats, held: seats, holders: 1 }];
  const goods = { seats, won: total };
  if (paidAt !== null)
    changes.push({ ms: paidAt.getTime(), free: 0, held: -seats, holders: -1, bought: goods });
  if (endedAt !== null)
    changes.push(
      paidAt === null
        ? { ms: endedAt.getTime(), free: seats, held: -seats, holders: -1 }
        : { ms: endedAt.getTime(), free: seats, held: 0, holders: 0, returned: goods },
    );
  return changes;
}

/** Seats sold and given back in a period. */
export interface Turnover {
  sold: number;
  returned: number;
  /** Sales less what was given back. */
  won: number;
}

/** Free, held and sold seats over time, as the orders tell it. Times must be given in ascending order. */
export class SeatReplay {
  held = 0;
  holders = 0;
  /** Time of the last change that was replayed. */
  passedMs = 0;
  private next = 0;
  private readonly changes: Change[];

  constructor(
    public free: number,
    orders: readonly SoldOrder[],
  ) {
    this.changes = orders.flatMap(changesOf).sort((a, b) => a.ms - b.ms);
  }

  get lastMs(): number | undefined {
    return this.changes.at(-1)?.ms;
  }

  /** Goes on to a time. @returns what was bought meanwhile */
  advance(ms: number): Turnover & Omit<Purchases, 'ended'> {
    const done = { sold: 0, returned: 0, won: 0, buyers: 0, seats: 0, seatsSquared: 0 };
    for (; this.next < this.changes.length; this.next++) {
      const change = this.changes[this.next];
      if (change === undefined || change.ms > ms) break;
      this.passedMs = change.ms;
      this.free += change.free;
      this.held += change.held;
      this.holders += change.holders;
      if (change.bought) {
        const { seats, won } = change.bought;
        done.sold += seats;
        done.won += won;
        done.buyers += 1;
        done.seats += seats;
        done.seatsSquared += seats * seats;
      }
      if (change.returned) {
        done.returned += change.returned.seats;
        done.won -= change.returned.won;
      }
    }
    return done;
  }
}
