import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class IdempotencyMetrics extends MetricGroup {
  readonly idempotentReplays = this.counter(
    'concert_idempotent_replays_total',
    'Requests whose answer was remembered by their Idempotency-Key',
  );
}
