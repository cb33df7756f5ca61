import type { EffectiveLimits } from '../admission/policy';

const MAX_PREDICTIONS = 1000;
const PREDICT_EVERY_MS = 250;

/** Compares predictions with the actual waits: it keeps one prediction every 250 ms until the entry has had its turn. */
export class EtaCalibration {
  private pending: { seq: number; atMs: number; etaMs: number }[] = [];
  private lastMs = 0;

  predicted(seq: number, nowMs: number, etaSeconds: number): void {
    const sinceMs = nowMs - this.lastMs;
    if (sinceMs >= 0 && sinceMs < PREDICT_EVERY_MS) return; // below 0: the clock has stepped back
    if (this.pending.length >= MAX_PREDICTIONS) return;
    this.lastMs = nowMs;
    this.pending.push({ seq, atMs: nowMs, etaMs: etaSeconds * 1000 });
  }

  /** Ends the predictions of entries that have had their turn. @returns actual minus predicted wait of each, seconds */
  served(headSeq: number, nowMs: number): number[] {
    const errors: number[] = [];
    this.pending = this.pending.filter(({ atMs }) => atMs <= nowMs); // else the clock has stepped back: the wait is unknown
    this.pending = this.pending.filter(({ seq, atMs, etaMs }) => {
      if (seq <= headSeq) errors.push((nowMs - atMs - etaMs) / 1000);
      return seq > headSeq;
    });
    return errors;
  }
}

/**
 * A session is hardly shorter than this: while nobody has left yet, no more than the limit's number of users can be
 * admitted in this time.
 */
const SHORTEST_SESSION_SECONDS = 4;

export interface Eta {
  seconds: number;
  /** The estimate rests on a measured rate. */
  isMeasured: boolean;
  /** The earliest time that is plausible: a client that polls by then does not leave a free session unused. */
  soonestSeconds: number;
}

export interface QueueFlow {
  limits: EffectiveLimits;
  active: number;
  /** Admissions. */
  perSecond: number;
  sessionSeconds: number;
}

/**
 * Seconds until an entry at `position` is admitted: at the measured rate, or the rate limit if that is less, and no later
 * than when every session before it has ended. The soonest is at the rate limit, which admission is about to use, if
 * there is one.
 */
export function etaSeconds(position: number, { limits, active, perSecond, sessionSeconds }: QueueFlow): Eta {
  const { activeLimit, rateLimit = Infinity, paused } = limits;
  const isFree = !paused && position <= Math.min(activeLimit - active, rateLimit);
  if (isFree) return { seconds: 1, isMeasured: false, soonestSeconds: 0 }; // the next admission interval takes it
  const wholeSessions = Math.ceil(position / Math.max(1, activeLimit)) * sessionSeconds;
  const usableRate = Math.min(perSecond, rateLimit);
  const isMeasured = usableRate > 0;
  const seconds = isMeasured ? Math.min(Math.ceil(position / usableRate), wholeSessions) : wholeSessions;
  if (paused) return { seconds, isMeasured, soonestSeconds: seconds };
  const fastestTurnover = Math.max(1, activeLimit) / SHORTEST_SESSION_SECONDS;
  const unlimited = perSecond > 0 ? perSecond : fastestTurnover;
  const fastest = Number.isFinite(rateLimit) && rateLimit > 0 ? rateLimit : unlimited;
  return { seconds, isMeasured, soonestSeconds: position / fastest };
}
