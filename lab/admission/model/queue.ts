import { AdmissionRate, etaSeconds, jittered, pollAfterMs } from '../../capacity/rule.ts';

/** The door as those who wait are told of it. */
interface Told {
  at: number;
  cap: number;
  rate: number;
  inside: number;
  served: number;
  waiting: number;
  perSecond: number;
}

/** As `npm start` has them. */
const POLLING = { maxPerSecond: 10_000, awayMs: 30_000 };
const LEASE_SECONDS = 600;
const REMEMBERED_SECONDS = 60;

/**
 * Those who wait, in the order of their arrival. They ask when they come, and then when they were told to or every
 * `polls` seconds; so whoever is let in hears of it some time later. Times in seconds.
 */
export class Line {
  private joined = 0;
  private served = 0;
  /** Up to which number those had come who had come by then. */
  private readonly arrivals: { at: number; upTo: number }[] = [];
  private readonly told: Told[] = [];
  private readonly rate = new AdmissionRate();
  private readonly polls: number | 'as told';
  private readonly random: () => number;

  constructor(polls: number | 'as told', random: () => number) {
    this.polls = polls;
    this.random = random;
  }

  get waiting(): number {
    return this.joined - this.served;
  }

  join(count: number, at: number): void {
    this.joined += count;
    this.arrivals.push({ at, upTo: this.joined });
  }

  /** The next one has its turn. @returns after how long it asks, and hears of it */
  next(now: number): number {
    this.served += 1;
    while ((this.arrivals[0]?.upTo ?? Infinity) < this.served) this.arrivals.shift();
    const arrivedAt = this.arrivals[0]?.at ?? now;
    // The moments at which it may have asked last: since then it has not been told to ask again by now.
    const moments: number[] = [];
    let isFirst = true;
    for (let i = this.told.length - 1; i >= 0; i--) {
      const told = this.told[i];
      if (told === undefined || told.at < arrivedAt) break;
      const askedAgainAt = told.at + this.interval(told);
      if (askedAgainAt < now) {
        isFirst = false;
        break;
      }
      moments.push(askedAgainAt);
    }
    const asksAt = isFirst ? moments.at(-1) : moments[Math.floor(this.random() * moments.length)];
    return Math.max(0, (asksAt ?? now) - now);
  }

  /** What is told from now on. */
  tell(now: number, door: { cap: number; rate: number; inside: number }): void {
    this.rate.add(now * 1000, this.served);
    const { served, waiting } = this;
    this.told.push({ at: now, ...door, served, waiting, perSecond: this.rate.perSecond });
    if (now - (this.told[0]?.at ?? now) > REMEMBERED_SECONDS) this.told.shift();
  }

  private interval({ cap, rate, inside, served, waiting, perSecond }: Told): number {
    if (this.polls !== 'as told') return this.polls;
    const door = {
      ...{ activeLimit: cap, rateLimit: rate === Infinity ? undefined : rate },
      ...{ paused: false, source: 'auto' as const },
    };
    const position = this.served - served;
    const { soonestSeconds } = etaSeconds(position, { door, inside, perSecond, leaseSeconds: LEASE_SECONDS });
    return jittered(pollAfterMs(position, waiting, soonestSeconds, POLLING), this.random()) / 1000;
  }
}
