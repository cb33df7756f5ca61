import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../observability/metrics';

const SIZE_BUCKETS = [1, 2, 4, 8, 16, 32, 64];

@scoped(Lifecycle.ContainerScoped)
export class BatchMetrics extends MetricGroup {
  readonly size = this.histogram(
    'concert_batch_size',
    'Requests that went into one transaction, by kind: hold, payment, top-up',
    ['kind'],
    SIZE_BUCKETS,
  );
  readonly triedAlone = this.counter(
    'concert_batch_tried_alone_total',
    'Requests that were tried in a separate transaction, because their batch failed or a lock was taken',
    ['kind'],
  );
}
