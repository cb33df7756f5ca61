import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class AccountMetrics extends MetricGroup {
  readonly topUps = this.counter('concert_balance_topups_total', 'Top-ups of balances');
}
