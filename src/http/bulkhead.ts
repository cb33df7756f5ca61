import { monotonicMs } from '../common/clock';

export interface BulkheadOptions {
  /** Most that is worked on at once for one visitor. */
  atOnce: number;
  /** Most that one visitor may ask at once, what waits included. */
  asked: number;
  /** What has waited longer is refused when its turn comes. */
  patienceMs: number;
  /** What is thrown to refuse. */
  refusal: () => Error;
}

interface Lane {
  running: number;
  waiting: (() => void)[];
}

/**
 * Keeps visitors apart, in one process: whoever asks a hundred things at once waits for itself. Otherwise one visitor
 * could have every connection to the database wait for the lock on its own row, and all others be turned away.
 */
export class PerUserLimiter {
  private readonly lanes = new Map<number, Lane>();

  constructor(private readonly options: BulkheadOptions) {}

  async run<T>(userId: number, work: () => Promise<T>): Promise<T> {
    const { atOnce, asked, refusal } = this.options;
    const lane = this.lanes.get(userId) ?? { running: 0, waiting: [] };
    if (lane.running + lane.waiting.length >= asked) throw refusal();
    this.lanes.set(userId, lane);
    try {
      if (lane.running < atOnce) lane.running++;
      else await this.turn(lane);
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next !== undefined)
        next(); // takes over: as many run as before
      else if (--lane.running === 0) this.lanes.delete(userId);
    }
  }

  private async turn(lane: Lane): Promise<void> {
    const sinceMs = monotonicMs();
    await new Promise<void>((resolve) => lane.waiting.push(resolve));
    if (monotonicMs() - sinceMs > this.options.patienceMs) throw this.options.refusal();
  }
}
