import { monotonicMs } from '../../common/clock';

/** Time over which the rate is taken. */
const WINDOW_MS = 200;
/** Below this many concurrent requests nothing is shed, however slow the ones before were. */
const NEVER_REFUSED = 64;
/** With fewer in flight the measured rate is the demand, not the capacity. */
const BUSY = NEVER_REFUSED / 2;
/** A rate that could not be measured again within this time is forgotten: the backend may be another by now. */
const MEMORY_MS = 2000;

/**
 * Sheds load: it refuses requests early when there are more than the service can answer in time. A late answer helps
 * nobody, and waiting for it takes room from requests that could be served. By Little's law one more request would take
 * the number of requests in flight over the rate at which they end, whatever they wait for. The rate is measured over
 * WINDOW_MS of the time in which many were in flight. As long as it is unknown, all requests are accepted. (Controlled
 * delay as in RFC 8289, applied to requests as in "Fail at Scale", ACM Queue 13(8), 2015.)
 *
 * It recovers by itself from a rate that was measured in a stall. BUSY is below NEVER_REFUSED, so the requests that it
 * always accepts measure the rate again; where they are too few for that, the rate is forgotten after MEMORY_MS. The
 * accepted requests need no probing: while requests end sooner than they have to, the requests in flight over the rate
 * at which they end are less than the target, and the limit rises.
 */
export class LoadShedder {
  private inFlight = 0;
  private perMs = Infinity;
  /** The window under way: since when, how much of it was busy, and how many ended in the busy part. */
  private window: { sinceMs: number; busyMs: number; ended: number };
  private seenAtMs: number;

  constructor(
    private readonly targetMs: number,
    private readonly nowMs = monotonicMs,
  ) {
    this.seenAtMs = nowMs();
    this.window = { sinceMs: this.seenAtMs, busyMs: 0, ended: 0 };
  }

  /** Whether a request would be refused now. */
  get isFull(): boolean {
    this.measure();
    return this.inFlight >= NEVER_REFUSED && this.inFlight > this.perMs * this.targetMs;
  }

  /** @returns whether the request may go on; then it must `leave` */
  enter(): boolean {
    if (this.isFull) return false;
    this.inFlight++;
    return true;
  }

  leave(): void {
    this.measure();
    if (this.inFlight >= BUSY) this.window.ended++;
    this.inFlight--;
  }

  private measure(): void {
    const nowMs = this.nowMs();
    const { window } = this;
    if (this.inFlight >= BUSY) window.busyMs += nowMs - this.seenAtMs;
    this.seenAtMs = nowMs;
    // Where none has ended, fewer than one ends in such a time: that is no rate of zero.
    if (window.busyMs >= WINDOW_MS) this.perMs = Math.max(1, window.ended) / window.busyMs;
    else if (nowMs - window.sinceMs > MEMORY_MS) this.perMs = Infinity;
    else return;
    this.window = { sinceMs: nowMs, busyMs: 0, ended: 0 };
  }
}
