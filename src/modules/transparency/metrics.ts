import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class TransparencyMetrics extends MetricGroup {
  readonly leaves = this.counter(
    'concert_transparency_leaves_total',
    'Leaves added to the transparency log',
    ['queue'],
  );
  readonly gaps = this.counter(
    'concert_transparency_gaps_total',
    'Times that Redis had lost leaves of the transparency log',
    ['queue'],
  );
  /** Exported by the worker that keeps the logs; other processes report none. */
  readonly size = this.reading('concert_transparency_tree_size', 'Leaves of the transparency log');
  readonly drained = this.reading(
    'concert_transparency_drained_timestamp_seconds',
    'When the leaves in Redis were last made durable, all of them',
  );
  readonly lag = this.reading(
    'concert_transparency_lag_seconds',
    'How long the oldest leaf had waited in Redis when it was last made durable',
  );
}
