/** Fewer past errors say nothing about the next one. */
const MIN_SAMPLES = 20;
const MAX_SAMPLES = 200;
const MAX_PENDING = 200;
/** Which entries are predicted, as shares of the line, in turn. */
const SHARES = [0.02, 0.1, 0.3, 1];
const LOW_SHARE = 0.1;
const HIGH_SHARE = 0.9;

interface Prediction {
  seq: number;
  atMs: number;
  etaMs: number;
}

/** How much longer, or shorter, waits have been than what was predicted: a range that holds most of them. */
export class EtaBand {
  private pending: Prediction[] = [];
  private readonly ratios: number[] = [];
  private turn = 0;

  /** Remembers a prediction for an entry of the line (headSeq, issued]. @param secondsAt the estimate for a distance to the head */
  predict(
    line: { headSeq: number; issued: number; nowMs: number },
    secondsAt: (distance: number) => number,
  ): void {
    const { headSeq, issued, nowMs } = line;
    if (issued <= headSeq || this.pending.length >= MAX_PENDING) return;
    const share = SHARES[this.turn++ % SHARES.length] ?? 1;
    const distance = Math.ceil((issued - headSeq) * share);
    const etaMs = secondsAt(distance) * 1000;
    if (etaMs >= 1000) this.pending.push({ seq: headSeq + distance, atMs: nowMs, etaMs });
  }

  /** The entries up to `headSeq` have had their turn. */
  served(headSeq: number, nowMs: number): void {
    const isServed = ({ seq }: Prediction): boolean => seq <= headSeq;
    for (const { atMs, etaMs } of this.pending.filter(isServed))
      if (nowMs > atMs) this.ratios.push((nowMs - atMs) / etaMs);
    this.ratios.splice(0, Math.max(0, this.ratios.length - MAX_SAMPLES));
    this.pending = this.pending.filter((each) => !isServed(each));
  }

  /** By which to multiply an estimate: the 10th and the 90th percentile of real by predicted; undefined: too few are known. */
  get range(): { low: number; high: number } | undefined {
    if (this.ratios.length < MIN_SAMPLES) return undefined;
    const sorted = [...this.ratios].sort((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 1;
    return { low: at(LOW_SHARE), high: at(HIGH_SHARE) };
  }
}
