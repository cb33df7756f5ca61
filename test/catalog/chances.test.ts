import {
  ChanceCalibration,
  type ChanceOutcome,
  chanceAt,
  seqAtShare,
} from '../../src/modules/catalog/sale-board/chances';
import { Demand } from '../../src/modules/catalog/sale-board/demand';

interface ModelledSale {
  seats: number;
  /** All of them wait from the beginning. */
  users: number;
  limit: number;
  /** Share of the admitted users who buy; of the others half leave at once, half after a hold. */
  conversion: number;
  /** Each buyer takes 1 to this number of seats, each as often. */
  mostSeats: number;
  seed: number;
}

/** mulberry32: the same numbers in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Session {
  held: number;
  /** The second in which the user acts. */
  actsAt: number;
}

/** Sells out a hall in steps of a second, admits by seats as the worker does, and says chances meanwhile. */
class SaleModel {
  private readonly demand = new Demand();
  private readonly calibration = new ChanceCalibration();
  private readonly random: () => number;
  private sessions: Session[] = [];
  private free: number;
  private head = 0;
  private second = 0;

  constructor(private readonly sale: ModelledSale) {
    this.random = numbers(sale.seed);
    this.free = sale.seats;
  }

  run(): ChanceOutcome[] {
    const outcomes: ChanceOutcome[] = [];
    for (let isSoldOut = false; !isSoldOut && this.second < 10_000;) {
      this.second++;
      this.demand.add(this.act());
      this.admit();
      const held = this.sessions.reduce((sum, session) => sum + session.held, 0);
      isSoldOut = this.free + held === 0;
      outcomes.push(...this.calibration.settle(this.head, isSoldOut));
      const supply = { free: this.free, held, undecided: this.undecided };
      const chanceOf = (seq: number): number => chanceAt(seq - this.head, this.demand, supply);
      const seqAt = (share: number): number | undefined =>
        this.head < this.sale.users
          ? this.head + Math.ceil((this.sale.users - this.head) * share)
          : undefined;
      if (!isSoldOut) this.calibration.predict(seqAt, chanceOf);
    }
    return outcomes;
  }

  private get undecided(): number {
    return this.sessions.filter(({ held }) => held === 0).length;
  }

  private thinks(): number {
    return this.second + 3 + Math.floor(this.random() * 6);
  }

  /** Users hold seats, or pay or give back what they hold. */
  private act(): { ended: number; buyers: number; seats: number; seatsSquared: number } {
    const sum = { ended: 0, buyers: 0, seats: 0, seatsSquared: 0 };
    const { conversion, mostSeats } = this.sale;
    const holding = (1 + conversion) / 2;
    const before = this.sessions.length;
    this.sessions = this.sessions.filter((session) => {
      if (session.actsAt > this.second) return true;
      const { held } = session;
      if (held === 0) {
        const wanted = Math.min(1 + Math.floor(this.random() * mostSeats), this.free);
        if (wanted === 0 || this.random() > holding) return false;
        this.free -= wanted;
        Object.assign(session, { held: wanted, actsAt: this.thinks() });
        return true;
      }
      if (this.random() > conversion / holding) this.free += held;
      else {
        sum.buyers++;
        sum.seats += held;
        sum.seatsSquared += held ** 2;
      }
      return false;
    });
    return { ...sum, ended: before - this.sessions.length };
  }

  private admit(): void {
    const bySeats = this.demand.usersFor(this.free) - this.undecided;
    const room = Math.min(this.sale.limit - this.sessions.length, bySeats, this.sale.users - this.head);
    for (let i = 0; i < room; i++) this.sessions.push({ held: 0, actsAt: this.thinks() });
    this.head += Math.max(0, room);
  }
}

/** Sales of all kinds, with this multiple of users per seat. */
function outcomesOf(usersPerSeat: number): ChanceOutcome[] {
  const outcomes: ChanceOutcome[] = [];
  for (const seats of [60, 300])
    for (const limit of [20, 100])
      for (const conversion of [0.5, 0.85])
        for (const mostSeats of [1, 2, 4])
          for (const seed of [1, 2]) {
            const users = usersPerSeat * seats;
            outcomes.push(...new SaleModel({ seats, users, limit, conversion, mostSeats, seed }).run());
          }
  return outcomes;
}

const shareOf = (outcomes: ChanceOutcome[], word: string): number => {
  const among = outcomes.filter((outcome) => outcome.word === word);
  expect(among.length).toBeGreaterThan(50);
  return among.filter(({ isServed }) => isServed).length / among.length;
};

describe('the chances that a queue tells, over sales of all kinds', () => {
  it.each([2, 3, 10])('have a Brier score of 0.1 at most with %d users for each seat', (usersPerSeat) => {
    const outcomes = outcomesOf(usersPerSeat);
    const brier = outcomes.reduce((sum, { squaredError }) => sum + squaredError, 0) / outcomes.length;
    expect(outcomes.length).toBeGreaterThan(1000);
    expect(brier).toBeLessThanOrEqual(0.1);
  });

  it('come true as often as their words promise', () => {
    const outcomes = outcomesOf(2);
    expect(shareOf(outcomes, 'likely')).toBeGreaterThanOrEqual(0.8);
    expect(shareOf(outcomes, 'unlikely')).toBeLessThanOrEqual(0.2);
    const possible = shareOf(outcomes, 'possible');
    expect(possible).toBeGreaterThanOrEqual(0.2);
    expect(possible).toBeLessThanOrEqual(0.8);
  });
});

describe('the entry whose chance is compared with its outcome', () => {
  it('is one of those who wait, also where a restore has left numbers out', () => {
    const present = [3, 5, 100_008, 100_010];
    const at = (share: number, headSeq: number): number | undefined =>
      seqAtShare(
        share,
        { headSeq, issued: 100_020 },
        (seq) => present.filter((each) => each > headSeq && each <= seq).length,
      );
    expect([0.1, 0.5, 0.7, 0.9].map((share) => at(share, 0))).toEqual([3, 5, 100_008, 100_010]);
    expect([0.1, 0.9].map((share) => at(share, 5))).toEqual([100_008, 100_010]);
    expect(at(0.5, 100_010)).toBeUndefined();
  });
});
