import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class OrderMetrics extends MetricGroup {
  readonly holds = this.counter(
    'concert_seat_holds_total',
    'Holds asked for, by result: held, repeated (the user had it already), refused, limited',
    ['result'],
  );
  readonly holdsExpired = this.counter(
    'concert_seat_holds_expired_total',
    'Holds that were not paid in time and that the worker has released',
  );
  readonly holdExpiryLag = this.gauge(
    'concert_hold_expiry_lag_seconds',
    'How late the oldest expired hold was released',
  );
}
