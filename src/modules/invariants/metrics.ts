import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class InvariantMetrics extends MetricGroup {
  readonly invariantViolations = this.reading(
    'concert_invariant_violations',
    'Rows known to break an invariant; at most 21 of each kind are counted',
  );
  readonly invariantChecked = this.reading(
    'concert_invariant_checked_timestamp_seconds',
    'When all invariants were last checked',
  );
  readonly invariantCheckDuration = this.reading(
    'concert_invariant_check_duration_seconds',
    'Time that the last check run took',
  );
  readonly invariantUncheckedChunks = this.reading(
    'concert_invariant_unchecked_chunks',
    'Chunks of rows that were too slow to be checked, or whose check failed, and that wait to be tried again',
  );

  /** Clears the readings of a process that no longer runs checks: the one that runs them exports the results. */
  clear(): void {
    for (const reading of [
      this.invariantViolations,
      this.invariantChecked,
      this.invariantCheckDuration,
      this.invariantUncheckedChunks,
    ])
      reading.forget();
  }
}
