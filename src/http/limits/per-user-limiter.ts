import { monotonicMs } from '../../common/clock';

export interface PerUserLimits {
  /** Most that is worked on at once for one user. */
  atOnce: number;
  /** Most that one user may ask at once, what waits included. */
  asked: number;
  /** A request that has waited longer is refused when it would begin. */
  patienceMs: number;
  /** What is thrown to refuse. */
  refusal: () => Error;
}

interface Lane {
  running: number;
  waiting: (() => void)[];
}

/**
 * Keeps users apart, in one process: a user who asks a hundred things at once waits for itself. Otherwise one user
 * could have every connection to the database wait for the lock on its own row, and all others would be refused.
 */
export class PerUserLimiter {
  private readonly lanes = new Map<number, Lane>();

  constructor(private readonly limits: PerUserLimits) {}

  /** Waits for the user's turn. @returns what ends it, to be called once */
  async enter(userId: number): Promise<() => void> {
    const { atOnce, asked, refusal } = this.limits;
    const lane = this.lanes.get(userId) ?? { running: 0, waiting: [] };
    if (lane.running + lane.waiting.length >= asked) throw refusal();
    this.lanes.set(userId, lane);
    if (lane.running < atOnce) lane.running++;
    else await this.turn(userId, lane);
    return () => this.leave(userId, lane);
  }

  private async turn(userId: number, lane: Lane): Promise<void> {
    const sinceMs = monotonicMs();
    await new Promise<void>((resolve) => lane.waiting.push(resolve));
    if (monotonicMs() - sinceMs <= this.limits.patienceMs) return;
    this.leave(userId, lane);
    throw this.limits.refusal();
  }

  private leave(userId: number, lane: Lane): void {
    const next = lane.waiting.shift();
    if (next !== undefined)
      next(); // takes over: as many run as before
    else if (--lane.running === 0) this.lanes.delete(userId);
  }
}
