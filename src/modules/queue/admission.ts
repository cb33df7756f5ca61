/** Decides how many visitors may be inside. Adaptive policies plug in here. */
export interface AdmissionPolicy {
  /** Most visitors inside, now. */
  readonly cap: number;
}

export class FixedCap implements AdmissionPolicy {
  constructor(readonly cap: number) {}
}

const RATE_WINDOW_MS = 30_000;

/** How many visitors are let in per second, measured over the last 30 s of Redis' clock. */
export class AdmissionRate {
  private readonly samples: { nowMs: number; admittedTotal: number }[] = [];

  add(nowMs: number, admittedTotal: number): void {
    const last = this.samples.at(-1);
    // A restored state begins to count anew, and a clock may step back: start over.
    if (last !== undefined && (admittedTotal < last.admittedTotal || nowMs < last.nowMs))
      this.samples.length = 0;
    if (last === undefined || nowMs - last.nowMs >= 1000) this.samples.push({ nowMs, admittedTotal });
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
