import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class BreakerMetrics extends MetricGroup {
  readonly breakerState = this.gauge('concert_breaker_state', '1 for the state that a breaker is in', [
    'breaker',
    'state',
  ]);
  readonly breakerCalls = this.counter('concert_breaker_calls_total', 'Calls by outcome', [
    'breaker',
    'outcome',
  ]);
}
