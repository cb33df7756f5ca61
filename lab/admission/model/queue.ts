import { CountRate, etaSeconds, jittered, pollAfterMs, RATE_WINDOW_MS } from '../../capacity/rule.ts';

/** Answer to a poll of a waiting user. */
interface Announced {
  at: number;
  limit: number;
  rate: number;
  active: number;
  served: number;
  waiting: number;
  perSecond: number;
}

/** As `npm start` has them. */
const POLLING = { maxPerSecond: 10_000, presenceTimeoutMs: 30_000 };
const SESSION_SECONDS = 600;
const REMEMBERED_SECONDS = 60;

/**
 * The waiting users in the order of their arrival. A user polls on arrival, and then as the last poll said or every
 * `polls` seconds, so an admitted user learns of it some time later. Times in seconds.
 */
export class ModelQueue {
  private joined = 0;
  private served = 0;
  /** How many users had arrived by a time. */
  private readonly arrivals: { at: number; upTo: number }[] = [];
  private readonly announced: Announced[] = [];
  private readonly rate = new CountRate(RATE_WINDOW_MS);
  private readonly polls: number | 'as answered';
  private readonly random: () => number;

  constructor(polls: number | 'as answered', random: () => number) {
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

  /** Admits the next user. @returns the seconds until that user's next poll */
  next(now: number): number {
    this.served += 1;
    while ((this.arrivals[0]?.upTo ?? Infinity) < this.served) this.arrivals.shift();
    const arrivedAt = this.arrivals[0]?.at ?? now;
    // The times of polls that the user may have made last: none of them was followed by another one until now.
    const polls: number[] = [];
    let isFirst = true;
    for (let i = this.announced.length - 1; i >= 0; i--) {
      const announced = this.announced[i];
      if (announced === undefined || announced.at < arrivedAt) break;
      const pollsAgainAt = announced.at + this.interval(announced);
      if (pollsAgainAt < now) {
        isFirst = false;
        break;
      }
      polls.push(pollsAgainAt);
    }
    const pollsAt = isFirst ? polls.at(-1) : polls[Math.floor(this.random() * polls.length)];
    return Math.max(0, (pollsAt ?? now) - now);
  }

  /** Sets what polls tell from now on. */
  announce(now: number, limits: { limit: number; rate: number; active: number }): void {
    this.rate.add(now * 1000, this.served);
    const { served, waiting } = this;
    this.announced.push({ at: now, ...limits, served, waiting, perSecond: this.rate.perSecond });
    if (now - (this.announced[0]?.at ?? now) > REMEMBERED_SECONDS) this.announced.shift();
  }

  private interval({ limit, rate, active, served, waiting, perSecond }: Announced): number {
    if (this.polls !== 'as answered') return this.polls;
    const limits = {
      activeLimit: limit,
      rateLimit: rate === Infinity ? undefined : rate,
      paused: false,
      source: 'auto' as const,
    };
    const position = this.served - served;
    const flow = { limits, active, perSecond, sessionSeconds: SESSION_SECONDS };
    const { soonestSeconds } = etaSeconds(position, flow);
    return jittered(pollAfterMs(position, waiting, soonestSeconds, POLLING), this.random()) / 1000;
  }
}
