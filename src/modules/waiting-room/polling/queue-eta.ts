import type { EffectiveLimits } from '../admission/policy';
import type { Snapshot } from '../snapshot/snapshot';
import type { Entry } from '../state/entries/entry';
import { CountRate } from './count-rate';
import { type Eta, EtaCalibration, etaSeconds } from './eta';

/** Time window over which admissions are counted. */
export const RATE_WINDOW_MS = 30_000;

/** Estimates when entries of one queue are admitted, and measures the error of the estimates. */
export class QueueEta {
  private readonly rate = new CountRate(RATE_WINDOW_MS);
  private readonly calibration = new EtaCalibration();

  constructor(
    private readonly snapshot: Snapshot,
    private readonly sessionSeconds: number,
  ) {}

  /** @param admittedTotal admissions since the state was made @returns actual minus predicted wait, seconds, of entries admitted since */
  update({
    nowMs,
    admittedTotal,
    headSeq,
  }: {
    nowMs: number;
    admittedTotal: number;
    headSeq: number;
  }): number[] {
    this.rate.add(nowMs, admittedTotal);
    return this.calibration.served(headSeq, nowMs);
  }

  /** Admissions, measured over the last 30 s. */
  get admissionsPerSecond(): number {
    return this.rate.perSecond;
  }

  /** Estimates the wait of an entry at `position`; it does not begin before the queue is open. */
  at(position: number, limits: EffectiveLimits): Eta {
    const { active, opensAtMs, nowMs } = this.snapshot;
    const { perSecond } = this.rate;
    const eta = etaSeconds(position, { limits, active, perSecond, sessionSeconds: this.sessionSeconds });
    const closedSeconds = Math.max(0, Math.ceil((opensAtMs - nowMs) / 1000));
    const { seconds, soonestSeconds } = eta;
    return { ...eta, seconds: seconds + closedSeconds, soonestSeconds: soonestSeconds + closedSeconds };
  }

  /** Keeps an estimate that the user of an entry was given, to measure its error later. */
  record({ seq }: Entry, { isMeasured, seconds }: Eta): void {
    const { headSeq, nowMs } = this.snapshot;
    if (isMeasured && seq > headSeq) this.calibration.predicted(seq, nowMs, seconds);
  }
}
