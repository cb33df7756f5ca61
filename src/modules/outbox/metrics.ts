import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class OutboxMetrics extends MetricGroup {
  readonly outboxBacklog = this.gauge('concert_outbox_backlog', 'Events committed and not yet delivered');
  readonly outboxAge = this.gauge(
    'concert_outbox_oldest_age_seconds',
    'Age of the oldest event not yet delivered',
  );
  readonly events = this.counter('concert_events_total', 'Events by topic and what became of them', [
    'topic',
    'result',
  ]);
}
