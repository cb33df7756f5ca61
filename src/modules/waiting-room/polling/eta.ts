import type { EffectiveLimits } from '../admission/policy';

const RATE_WINDOW_MS = 30_000;
const SAMPLE_EVERY_MS = 1000;

/** How many visitors are let in per second, measured over the last 30 s of Redis' clock. */
export class AdmissionRate {
  private readonly samples: { nowMs: number; admittedTotal: number }[] = [];

  add(nowMs: number, admittedTotal: number): void {
    const last = this.samples.at(-1);
    // A restored state begins to count anew, and a clock may step back: start over.
    if (last !== undefined && (admittedTotal < last.admittedTotal || nowMs < last.nowMs))
      this.samples.length = 0;
    if (last === undefined || nowMs - last.nowMs >= SAMPLE_EVERY_MS)
      this.samples.push({ nowMs, admittedTotal });
    while (this.samples[0] !== undefined && nowMs - this.samples[0].nowMs > RATE_WINDOW_MS)
      this.samples.shift();
  }

  /** 0 when nobody was let in, or too little is known. */
  get perSecond(): number {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.nowMs === first.nowMs) return 0;
    return ((last.admittedTotal - first.admittedTotal) / (last.nowMs - first.nowMs)) * 1000;
  }
}

const MOST_PREDICTIONS = 1000;
const PREDICT_EVERY_MS = 250;

/** Holds predictions against what came of them: one is remembered each 250 ms, and judged when its turn comes. */
export class EtaCalibration {
  private pending: { seq: number; atMs: number; etaMs: number }[] = [];
  private lastMs = 0;

  predicted(seq: number, nowMs: number, etaSeconds: number): void {
    const sinceMs = nowMs - this.lastMs;
    if (sinceMs >= 0 && sinceMs < PREDICT_EVERY_MS) return; // below 0: the clock has stepped back
    if (this.pending.length >= MOST_PREDICTIONS) return;
    this.lastMs = nowMs;
    this.pending.push({ seq, atMs: nowMs, etaMs: etaSeconds * 1000 });
  }

  /** Judges those whose turn has come. @returns real minus predicted wait of each, seconds */
  served(serving: number, nowMs: number): number[] {
    const errors: number[] = [];
    this.pending = this.pending.filter(({ atMs }) => atMs <= nowMs); // the clock has stepped back: no telling
    this.pending = this.pending.filter(({ seq, atMs, etaMs }) => {
      if (seq <= serving) errors.push((nowMs - atMs - etaMs) / 1000);
      return seq > serving;
    });
    return errors;
  }
}

/** A visit is hardly shorter: while nobody has left yet, no more than a houseful of visitors can get in meanwhile. */
const SHORTEST_VISIT_SECONDS = 4;

export interface Eta {
  seconds: number;
  /** It rests on a rate. */
  isMeasured: boolean;
  /** It can hardly be sooner: whoever looks again by then does not let a free place wait. */
  soonestSeconds: number;
}

/**
 * Seconds until somebody at `position` gets in: at the measured rate, or the door's if that is less, and no later than
 * when every lease before it has ended. The soonest is at the door's rate, which it is about to use, if it has one.
 */
export function etaSeconds(
  position: number,
  line: { door: EffectiveLimits; inside: number; perSecond: number; leaseSeconds: number },
): Eta {
  const { activeLimit, rateLimit = Infinity, paused } = line.door;
  const isFree = !paused && position <= Math.min(activeLimit - line.inside, rateLimit);
  if (isFree) return { seconds: 1, isMeasured: false, soonestSeconds: 0 }; // the next tick's
  const wholeLeases = Math.ceil(position / Math.max(1, activeLimit)) * line.leaseSeconds;
  const perSecond = Math.min(line.perSecond, rateLimit);
  const isMeasured = perSecond > 0;
  const seconds = isMeasured ? Math.min(Math.ceil(position / perSecond), wholeLeases) : wholeLeases;
  if (paused) return { seconds, isMeasured, soonestSeconds: seconds };
  const housefuls = Math.max(1, activeLimit) / SHORTEST_VISIT_SECONDS;
  const fastest =
    Number.isFinite(rateLimit) && rateLimit > 0 ? rateLimit : line.perSecond > 0 ? line.perSecond : housefuls;
  return { seconds, isMeasured, soonestSeconds: position / fastest };
}
