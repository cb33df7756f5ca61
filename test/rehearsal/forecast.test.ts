import { type Forecast, forecastOf, type Measured } from '../../k6/runner/rehearsal/forecast';
import type { Crowd, VisitEnds } from '../../k6/runner/rehearsal/sale-model';
import { dice } from '../../lab/capacity/random';
import { median } from '../../lab/statistics/intervals';
import { Demand } from '../../src/modules/catalog/sale-board/demand';

const TICK = 0.25;
const [HOLD, IDLE, GONE, COUNT_EVERY] = [10, 15, 15, 1];
const [THINK, LATENCY, POLL_EVERY] = [2, 0.1, 2];
const ABANDON = 0.1;
/** The controller does not count users who have been silent for this long. */
const SILENT = 10;

interface Setting extends Crowd {
  limit: number;
  /** The limit counts users who are silent, as a fixed one does. */
  isFixed: boolean;
}

interface User {
  state: 'waiting' | 'noticing' | 'choosing' | 'paying' | 'left' | 'lapsing' | 'over';
  until: number;
  silentSince: number;
}

/** A sale user by user, in ticks: slower than the model, and without anything of it. */
class Sale {
  readonly soldAt: number[] = [];
  readonly ends: VisitEnds = { paid: 0, lapsed: 0, left: 0 };
  readonly chosen: number[] = [];
  readonly paid: number[] = [];
  private readonly demand = new Demand();
  private readonly active = new Set<User>();
  private readonly random: () => number;
  private free: number;
  private waiting: number;
  private allowed = 0;
  private countedAt = -Infinity;

  constructor(
    private readonly setting: Setting,
    seed: number,
  ) {
    this.random = dice(seed);
    this.free = setting.seats;
    this.waiting = setting.buyers;
    for (let now = 0; this.soldAt.length < setting.seats && now < 7200; now += TICK) this.tick(now);
  }

  private think(times: number): number {
    let seconds = LATENCY;
    for (let i = 0; i < times; i++) seconds += THINK * (0.5 + this.random());
    return seconds;
  }

  private tick(now: number): void {
    for (const user of this.active) if (user.until <= now) this.step(user, now);
    const { limit, isFixed } = this.setting;
    const holds = ({ state }: User): boolean => state === 'paying' || state === 'lapsing';
    const isSilent = (user: User): boolean => user.state === 'left' || user.state === 'lapsing';
    if (now - this.countedAt >= COUNT_EVERY) {
      this.countedAt = now;
      const undecided = [...this.active].filter((user) => !holds(user) && now - user.silentSince < GONE);
      this.allowed = Math.max(0, this.demand.usersFor(this.free) - undecided.length);
    }
    const counted = [...this.active].filter(
      (user) => isFixed || !isSilent(user) || now - user.silentSince < SILENT,
    );
    let places = limit - counted.length;
    while (places-- > 0 && this.allowed > 0 && this.waiting > 0) {
      this.allowed--;
      this.waiting--;
      const until = now + POLL_EVERY * this.random();
      this.active.add({ state: 'noticing', until, silentSince: until });
    }
  }

  private end(user: User, bought: number): void {
    this.active.delete(user);
    this.demand.add({ ended: 1, buyers: bought, seats: bought, seatsSquared: bought });
  }

  private step(user: User, now: number): void {
    const goOn = (state: User['state'], seconds: number, isRequest = true): void => {
      Object.assign(user, { state, until: now + seconds, ...(isRequest && { silentSince: now }) });
    };
    if (user.state === 'noticing') {
      if (this.random() < ABANDON / 2) {
        this.ends.left++;
        goOn('left', IDLE);
      } else {
        const seconds = this.think(2);
        this.chosen.push(seconds);
        goOn('choosing', seconds);
      }
    } else if (user.state === 'choosing' && this.free === 0) goOn('left', IDLE);
    else if (user.state === 'choosing') {
      this.free--;
      const isPaid = this.random() >= ABANDON / 2 / (1 - ABANDON / 2);
      this.ends[isPaid ? 'paid' : 'lapsed']++;
      const seconds = isPaid ? this.think(1) : HOLD;
      if (isPaid) this.paid.push(seconds);
      goOn(isPaid ? 'paying' : 'lapsing', seconds);
    } else if (user.state === 'paying') {
      this.soldAt.push(now);
      this.end(user, 1);
    } else {
      if (user.state === 'lapsing') this.free++;
      this.end(user, 0);
    }
  }
}

const NOTHING: Forecast = { seconds: NaN, low: NaN, high: NaN };
const SHARE = 0.75;
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What a rehearsal knows of itself. */
function measuredOf(setting: Setting, seed: number): Measured {
  const { soldAt, ends, chosen, paid } = new Sale(setting, seed);
  const { limit, isFixed, seats, buyers } = setting;
  return {
    crowd: { seats, buyers },
    share: SHARE,
    shareSeconds: soldAt[Math.ceil(SHARE * seats) - 1] ?? NaN,
    model: {
      ends,
      chooseSeconds: mean(chosen),
      paySeconds: mean(paid),
      holdSeconds: HOLD,
      limit,
      leftSeconds: isFixed ? IDLE : SILENT,
      lapsedSeconds: isFixed ? HOLD : Math.min(HOLD, SILENT),
      goneSeconds: GONE,
    },
  };
}

describe('the forecast of a sale from a rehearsal', () => {
  const SEEDS = [1, 2, 3, 4];
  const ENDS = { paid: 1 - ABANDON, lapsed: ABANDON / 2, left: ABANDON / 2 };
  const rehearsed = { seats: 250, buyers: 600 };
  const real = { seats: 1000, buyers: 2500 };
  const forecast = (measured: Measured, crowd: Crowd = real): Forecast | undefined =>
    forecastOf(measured, { ...crowd, ends: ENDS }, () => new Demand());

  it.each([
    ['a fixed limit, which counts silent users', { limit: 50, isFixed: true }],
    ['a limit of the controller, which does not', { limit: 50, isFixed: false }],
  ])('is within 10 % under %s, and its interval has most of the sales', (_, limit) => {
    const soldOut = SEEDS.map(
      (seed) => new Sale({ ...limit, ...real }, 100 + seed).soldAt[real.seats - 1] ?? NaN,
    );
    let within = 0;
    for (const seed of SEEDS) {
      const { seconds, low, high } = forecast(measuredOf({ ...limit, ...rehearsed }, seed)) ?? NOTHING;
      expect(Math.abs(seconds / median(soldOut) - 1)).toBeLessThan(0.1);
      within += soldOut.filter((at) => at >= low && at <= (high ?? Infinity)).length;
    }
    expect(within / SEEDS.length ** 2).toBeGreaterThan(0.8);
  });

  it('knows the end of holds that last longer than the rehearsal does', () => {
    const measured = measuredOf({ limit: 50, isFixed: false, ...rehearsed }, 1);
    const long = { ...measured, model: { ...measured.model, holdSeconds: 300 } };
    expect(forecast(long)?.low).toBeGreaterThan(300);
  });

  it('is missing when so few buyers do not buy all seats', () => {
    const measured = measuredOf({ limit: 50, isFixed: false, ...rehearsed }, 1);
    expect(forecast(measured, { seats: 1000, buyers: 1000 })).toBeUndefined();
  });
});
