import { monotonicMs } from '../clock';

/** Time over which the rate is taken. */
const WINDOW_MS = 200;
/** So few are calm: they are never too many, however slow the ones before were. */
const NEVER_REFUSED = 64;

/**
 * Turns requests away early when more are asked for than can be done in time. A late answer helps nobody, and waiting
 * for it takes room from those who could be served. How long one more would take is Little's law: those in flight over
 * the rate at which they end, whatever it is that they wait for. The rate is that of the last time when there was no
 * calm: so much can be done. As long as it is not known, all are let in. (Controlled delay as in RFC 8289, at the door
 * as in "Fail at Scale", ACM Queue 13(8), 2015.)
 */
export class Shedder {
  private inFlight = 0;
  private ended = 0;
  private perMs = Infinity;
  private busySinceMs: number;

  constructor(
    private readonly targetMs: number,
    private readonly nowMs = monotonicMs,
  ) {
    this.busySinceMs = nowMs();
  }

  /** @returns whether the request may go on; then it must `leave` */
  enter(): boolean {
    if (this.inFlight < NEVER_REFUSED) {
      this.busySinceMs = this.nowMs();
      this.ended = 0;
    } else if (this.isTooLate()) return false;
    this.inFlight++;
    return true;
  }

  leave(): void {
    this.inFlight--;
    this.ended++;
  }

  private isTooLate(): boolean {
    const busyMs = this.nowMs() - this.busySinceMs;
    if (busyMs >= WINDOW_MS) {
      this.perMs = this.ended / busyMs;
      this.busySinceMs += busyMs;
      this.ended = 0;
    }
    return this.inFlight > this.perMs * this.targetMs;
  }
}
