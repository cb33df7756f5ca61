import { Agenda } from '../../../lab/capacity/heap.ts';

/** How the visits of active users have ended. */
export interface VisitEnds {
  paid: number;
  /** With a hold that was not paid. */
  lapsed: number;
  /** Without a hold. */
  left: number;
}

/** Seconds are those of the mean visit. */
export interface SaleModel {
  ends: VisitEnds;
  /** From the admission to the hold. */
  chooseSeconds: number;
  /** From the hold to the payment. */
  paySeconds: number;
  holdSeconds: number;
  /** Most active users at once. */
  limit: number;
  /** How long the limit counts a user who has left without a hold, and one who has left with one. */
  leftSeconds: number;
  lapsedSeconds: number;
  /** How long a seat is kept free for an active user who is silent. */
  goneSeconds: number;
}

export interface Crowd {
  seats: number;
  buyers: number;
}

/** The product's rule of how many users the seats allow (catalog/sale-board/demand.ts). */
export interface SeatDemand {
  usersFor(seats: number): number;
  add(purchases: { ended: number; buyers: number; seats: number; seatsSquared: number }): void;
}

/** Mean time until free seats are counted and a user learns of the admission by a poll: a constant, since the pace is fitted. */
const NOTICE_SECONDS = 1.5;
/** Each pause of a visit is at least this share of its mean, and as much longer at most. */
const LEAST = 0.6;

type Happening = { what: 'chooses' | 'gone' | 'pays' | 'lapses' | 'uncounted'; end: keyof VisitEnds };

/** A sale of single seats on virtual time, in which users wait, choose, and pay, or leave; everybody is there at 0. */
export class SaleSimulation {
  private readonly agenda = new Agenda<Happening>();
  private readonly soldAt: number[] = [];
  private readonly model: SaleModel;
  private readonly crowd: Crowd;
  private readonly demand: SeatDemand;
  private readonly random: () => number;
  private free: number;
  private undecided = 0;
  private counted = 0;
  private admitted = 0;

  /** @param random from 0 to 1 */
  constructor(model: SaleModel, crowd: Crowd, demand: SeatDemand, random: () => number) {
    this.model = model;
    this.crowd = crowd;
    this.demand = demand;
    this.random = random;
    this.free = crowd.seats;
  }

  /** @returns when each seat was sold, seconds, ascending; fewer than there are seats if the buyers did not suffice */
  run(): number[] {
    this.admit(0);
    for (let next = this.agenda.next(); next !== undefined; next = this.agenda.next()) {
      this.happen(next.at, next.what);
      if (this.soldAt.length === this.crowd.seats) break;
      this.admit(next.at);
    }
    return this.soldAt;
  }

  private admit(at: number): void {
    const { model, crowd } = this;
    while (
      this.counted < model.limit &&
      this.admitted < crowd.buyers &&
      this.undecided < this.demand.usersFor(this.free)
    ) {
      this.admitted++;
      this.undecided++;
      this.counted++;
      const end = this.drawEnd();
      const noticed = at + this.about(NOTICE_SECONDS);
      if (end !== 'left')
        this.agenda.put(noticed + this.about(model.chooseSeconds), { what: 'chooses', end });
      else this.leave(noticed);
    }
  }

  private leave(at: number): void {
    this.agenda.put(at + this.model.goneSeconds, { what: 'gone', end: 'left' });
    this.agenda.put(at + this.model.leftSeconds, { what: 'uncounted', end: 'left' });
  }

  private happen(at: number, { what, end }: Happening): void {
    const { agenda, model } = this;
    if (what === 'uncounted') this.counted--;
    if (what === 'gone') this.undecided--;
    if (what === 'chooses' && this.free === 0) this.leave(at);
    else if (what === 'chooses') {
      this.free--;
      this.undecided--;
      if (end === 'paid') agenda.put(at + this.about(model.paySeconds), { what: 'pays', end });
      else {
        agenda.put(at + model.holdSeconds, { what: 'lapses', end });
        agenda.put(at + model.lapsedSeconds, { what: 'uncounted', end });
      }
    }
    if (what === 'lapses') this.free++;
    if (what === 'pays') {
      this.soldAt.push(at);
      this.counted--;
    }
    const buyers = what === 'pays' ? 1 : 0;
    if (what === 'pays' || what === 'uncounted')
      this.demand.add({ ended: 1, buyers, seats: buyers, seatsSquared: buyers });
  }

  private drawEnd(): keyof VisitEnds {
    const { paid, lapsed, left } = this.model.ends;
    const drawn = this.random() * (paid + lapsed + left);
    return drawn < paid ? 'paid' : drawn < paid + lapsed ? 'lapsed' : 'left';
  }

  private about(seconds: number): number {
    return seconds * (LEAST + 2 * (1 - LEAST) * this.random());
  }
}
