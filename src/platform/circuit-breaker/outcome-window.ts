/** `too_few`: no rate yet · `below` | `reached`: how the failure rate stands to the threshold. */
export type FailureRate = 'too_few' | 'below' | 'reached';

/**
 * The last `size` outcomes and how many of them failed: a ring and a counter, nothing allocated per call.
 * The rate is judged on every outcome, successes too, once `minimumCalls` are in; equal to the threshold is
 * reached (Resilience4j: FixedSizeSlidingWindowMetrics and CircuitBreakerMetrics.checkIfThresholdsExceeded).
 */
export class OutcomeWindow {
  private readonly failed: Uint8Array;
  private readonly minimumCalls: number;
  private next = 0;
  private calls = 0;
  private failures = 0;

  constructor(
    private readonly size: number,
    minimumCalls: number,
    private readonly failureRateThreshold: number,
  ) {
    this.failed = new Uint8Array(size);
    this.minimumCalls = Math.min(minimumCalls, size); // as Resilience4j: a full window is always enough
  }

  record(failed: boolean): FailureRate {
    const outcome = failed ? 1 : 0;
    this.failures += outcome - (this.failed[this.next] ?? 0); // the oldest leaves; an unused slot is 0
    this.failed[this.next] = outcome;
    this.next = this.next + 1 === this.size ? 0 : this.next + 1;
    if (this.calls < this.size) this.calls += 1;

    if (this.calls < this.minimumCalls) return 'too_few';
    return this.failures * 100 >= this.failureRateThreshold * this.calls ? 'reached' : 'below';
  }

  reset(): void {
    this.failed.fill(0);
    this.next = this.calls = this.failures = 0;
  }
}
