const SAMPLE_EVERY_MS = 1000;

/** How fast a count grows, measured over a window of Redis' clock. */
export class CountRate {
  private readonly samples: { nowMs: number; total: number }[] = [];

  constructor(private readonly windowMs: number) {}

  add(nowMs: number, total: number): void {
    const last = this.samples.at(-1);
    // A restored state counts from 0, and a clock may step back: start over.
    if (last !== undefined && (total < last.total || nowMs < last.nowMs)) this.samples.length = 0;
    if (last === undefined || nowMs - last.nowMs >= SAMPLE_EVERY_MS) this.samples.push({ nowMs, total });
    while (this.samples[0] !== undefined && nowMs - this.samples[0].nowMs > this.windowMs)
      this.samples.shift();
  }

  /** 0 when it does not grow, or too little is known. */
  get perSecond(): number {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.nowMs === first.nowMs) return 0;
    return ((last.total - first.total) / (last.nowMs - first.nowMs)) * 1000;
  }
}
