import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class OrganizerMetrics extends MetricGroup {
  readonly refunds = this.counter(
    'concert_refunds_total',
    'Orders ended by an operator or with their schedule: refunded, released (not yet paid), failed',
    ['outcome'],
  );
}
