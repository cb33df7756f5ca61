import type { QueueReplay } from './queue-replay';
import type { LimitChange, Minute } from './schema';
import type { SeatReplay, Turnover } from './seats';

const MINUTE_MS = 60_000;

/** Collects what happened minute by minute, and each change of the limits. */
export class Timeline {
  readonly minutes: Minute[] = [];
  readonly limits: LimitChange[] = [];
  private before = { issued: 0, admitted: 0, paid: 0, ended: 0 };
  private turnover: Turnover = { sold: 0, returned: 0, won: 0 };

  constructor(private readonly fromMs: number) {}

  noteLimits(ms: number, { limits }: QueueReplay): void {
    if (limits === undefined) return;
    const { source, activeLimit: limit, rateLimit } = limits;
    const rate = rateLimit ?? null;
    const last = this.limits.at(-1);
    if (last?.source === source && last.limit === limit && last.rate === rate) return;
    this.limits.push({ ms, source, limit, rate });
  }

  sold({ sold, returned, won }: Turnover): void {
    this.turnover.sold += sold;
    this.turnover.returned += returned;
    this.turnover.won += won;
  }

  /** A second is over. */
  tick(ms: number, queue: QueueReplay, seats: SeatReplay): void {
    if ((ms - this.fromMs) % MINUTE_MS === 0) this.closeMinute(queue, seats);
  }

  closeMinute({ counted, waiting, active, limits }: QueueReplay, seats: SeatReplay): void {
    const { next, rejoined, free } = counted.admissions;
    const { paid, expired, released, replaced } = counted.ends;
    const now = {
      issued: counted.issued,
      admitted: next + rejoined + free,
      paid,
      ended: expired + released + replaced,
    };
    this.minutes.push({
      minute: this.minutes.length,
      issued: now.issued - this.before.issued,
      admitted: now.admitted - this.before.admitted,
      paid: now.paid - this.before.paid,
      ended: now.ended - this.before.ended,
      ...this.turnover,
      waiting,
      active: active.size,
      limit: limits?.activeLimit ?? null,
      freeSeats: seats.free,
    });
    this.before = now;
    this.turnover = { sold: 0, returned: 0, won: 0 };
  }
}
