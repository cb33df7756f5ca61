import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../metrics';

/** What became of spans. Without traces all are 0. */
@scoped(Lifecycle.ContainerScoped)
export class TraceMetrics extends MetricGroup {
  readonly exported = this.counter(
    'concert_trace_spans_exported_total',
    'Spans that the collector has taken',
  );
  readonly dropped = this.counter(
    'concert_trace_spans_dropped_total',
    'Spans that were lost: the queue was full, or the collector did not take them',
    ['reason'],
  );
  readonly limited = this.counter(
    'concert_traces_limited_total',
    'Requests that were left untraced by TRACES_MAX_PER_SECOND',
  );
}
