import { monotonicMs } from '../../common/clock';

export interface PerUserLimits {
  /** Most requests of one user that are processed concurrently. */
  atOnce: number;
  /** Most requests of one user that are processed or wait. */
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
 * Limits the requests of each user in one process: those of a user who sends a hundred at once wait for each other.
 * Otherwise the requests of one user could make every database connection wait for the lock on that user's row, and all
 * other users would be refused.
 */
export class PerUserLimiter {
  private readonly lanes = new Map<number, Lane>();

  constructor(private readonly limits: PerUserLimits) {}

  /** Waits until the user has fewer than `atOnce` requests in progress. @returns what ends the request, to be called once */
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
    if (next !== undefined) next(); // takes over: as many run as before
    else if (--lane.running === 0) this.lanes.delete(userId);
  }
}
