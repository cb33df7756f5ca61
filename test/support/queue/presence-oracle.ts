const EPOCHS = 3;

/** Who counts as present: who was seen in this epoch or the two before it. In plain sets, as the rest of the oracle. */
export class PresenceOracle {
  epoch = 0;
  private readonly seen = new Map<number, Set<number>>();
  private epochAtMs = 0;
  private longestPollMs = 0;
  private longestPollBeforeMs = 0;

  constructor(private readonly timeoutMs: number) {}

  get all(): Set<number> {
    return new Set(this.epochs.flatMap((epoch) => [...this.seenIn(epoch)]));
  }

  get newest(): Set<number> {
    return this.seenIn(this.epoch);
  }

  has(seq: number): boolean {
    return this.epochs.some((epoch) => this.seenIn(epoch).has(seq));
  }

  see(seq: number): void {
    this.newest.add(seq);
  }

  notePollInterval(ms: number): void {
    this.longestPollMs = Math.max(this.longestPollMs, ms);
  }

  /** This epoch lasts from now on as long as a new one. */
  prolong(nowMs: number): void {
    this.epochAtMs = nowMs;
  }

  /** Begins the next epoch when it is time. @returns whether it was */
  rotate(nowMs: number): boolean {
    const longest = Math.max(
      Math.ceil(this.timeoutMs / 2),
      1.5 * Math.max(this.longestPollMs, this.longestPollBeforeMs),
    );
    if (nowMs - this.epochAtMs < longest) return false;
    this.epoch += 1;
    this.epochAtMs = nowMs;
    this.longestPollBeforeMs = this.longestPollMs;
    this.longestPollMs = 0;
    return true;
  }

  private get epochs(): number[] {
    return Array.from({ length: EPOCHS }, (_, i) => this.epoch - i);
  }

  private seenIn(epoch: number): Set<number> {
    const seqs = this.seen.get(epoch) ?? new Set();
    this.seen.set(epoch, seqs);
    return seqs;
  }
}
