import type { BitmapPiece, PresenceReport } from '../state/results';
import type { Presence } from './presence';
import { PresenceMarks } from './presence-marks';

/** What this process has seen of a queue's users and has not yet reported to Redis. */
export class PendingPresence {
  private readonly waiting = new PresenceMarks();
  private active = new Set<number>();
  private longestPollIntervalMs = 0;
  /** Reported last, so perhaps not in the snapshot yet. */
  private lastFlushed: BitmapPiece[] = [];

  /** A waiting user has polled. */
  addWaiting(seq: number): void {
    this.waiting.add(seq);
  }

  /** An active user has sent a request. */
  addActive(seq: number): void {
    this.active.add(seq);
  }

  /** A client was given this interval until its next poll. */
  recordPollInterval(ms: number): void {
    if (ms > this.longestPollIntervalMs) this.longestPollIntervalMs = ms;
  }

  /** Hands over everything; nothing is pending afterwards. */
  drain(): PresenceReport {
    const { longestPollIntervalMs } = this;
    const report = { bitmaps: this.waiting.drain(), active: [...this.active], longestPollIntervalMs };
    this.active = new Set();
    this.longestPollIntervalMs = 0;
    return report;
  }

  /** Takes back what could not be reported. */
  requeue({ bitmaps, active, longestPollIntervalMs }: PresenceReport): void {
    this.waiting.requeue(bitmaps);
    for (const seq of active) this.active.add(seq);
    this.recordPollInterval(longestPollIntervalMs);
  }

  /** Redis has the report. */
  recordFlushed({ bitmaps }: PresenceReport): void {
    this.lastFlushed = bitmaps;
  }

  /** Redis has lost its state: everybody who is known to be present is reported again. */
  requeueAll(presence: Presence): void {
    for (const { segmentId, bitmap } of presence.bitmaps()) this.waiting.merge(segmentId, bitmap);
    this.waiting.requeue(this.lastFlushed);
  }
}
