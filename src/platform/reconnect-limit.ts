import { monotonicMs } from '../common/clock';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2000;

/**
 * How often connections to a server that says it is demoted may be given up: at once, then after pauses that double
 * up to 2 s. So the successor is found within some 2 s, and a server that stays read-only is not hammered.
 */
export class ReconnectLimit {
  private lastAtMs = -Infinity;
  private pauseMs = FIRST_PAUSE_MS;

  constructor(private readonly nowMs: () => number = monotonicMs) {}

  /** Whether the connections are to be given up now. */
  allow(): boolean {
    const sinceLastMs = this.nowMs() - this.lastAtMs;
    if (sinceLastMs < this.pauseMs) return false;
    const isAnotherCase = sinceLastMs > 2 * LONGEST_PAUSE_MS;
    this.pauseMs = isAnotherCase ? FIRST_PAUSE_MS : Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
    this.lastAtMs = this.nowMs();
    return true;
  }
}
