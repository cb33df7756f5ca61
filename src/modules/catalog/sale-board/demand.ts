/** Prior assumption: every user buys, two seats on average. It has the weight of ten observed sessions. */
const PRIOR = { ended: 10, buyers: 10, seats: 20, seatsSquared: 50 };
/** Standard deviations of the demand that must fit in as well, so that an admitted user rarely finds no seat. */
const SAFETY = 2;

/** Sessions that have ended, and what their users have bought. */
export interface Purchases {
  ended: number;
  /** How many of these sessions bought something. */
  buyers: number;
  seats: number;
  /** Sum of the squares of what each has bought. */
  seatsSquared: number;
}

/** How many seats users buy: measured conversion times seats per buyer, with its spread. */
export class Demand {
  private readonly sum: Purchases = { ...PRIOR };

  add({ ended, buyers, seats, seatsSquared }: Purchases): void {
    this.sum.ended += ended;
    this.sum.buyers += buyers;
    this.sum.seats += seats;
    this.sum.seatsSquared += seatsSquared;
  }

  /** Share of users who buy. */
  get conversion(): number {
    return Math.min(1, this.sum.buyers / Math.max(this.sum.ended, this.sum.buyers));
  }

  get seatsPerBuyer(): number {
    return this.sum.seats / this.sum.buyers;
  }

  /** Seats that one user takes, on average. */
  get mean(): number {
    return this.conversion * this.seatsPerBuyer;
  }

  /** Its variance. */
  get variance(): number {
    const squares = (this.conversion * this.sum.seatsSquared) / this.sum.buyers;
    return Math.max(0, squares - this.mean ** 2);
  }

  /** To how many users this number of seats can be promised: the largest n with n·mean + SAFETY·√(n·variance) ≤ seats; one at least. */
  usersFor(seats: number): number {
    if (seats <= 0) return 0;
    const spread = SAFETY * Math.sqrt(this.variance);
    const root = (-spread + Math.sqrt(spread ** 2 + 4 * this.mean * seats)) / (2 * this.mean);
    return Math.max(1, Math.floor(root ** 2 + 1e-9));
  }

  /**
   * The probability that a seat is left behind this number of users.
   * @param held seats on hold: free again if they are not paid
   */
  chanceBehind(users: number, free: number, held: number): number {
    if (free + held <= 0) return 0;
    const back = 1 - this.conversion;
    const samples = this.sum.ended;
    const demand = users * this.mean;
    const uncertain = (demand ** 2 * this.variance) / (this.mean ** 2 * samples); // the mean is measured as well
    const variance = users * this.variance + uncertain + held * back * (1 - back) + 0.25;
    return normal((free + held * back - demand - 0.5) / Math.sqrt(variance));
  }
}

/** Distribution function of the normal distribution (Abramowitz and Stegun 7.1.26; error below 1.5e-7). */
function normal(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const sum =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (sum * Math.exp(-z * z)) / 2;
  return x < 0 ? tail : 1 - tail;
}
