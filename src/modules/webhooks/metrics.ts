import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup, Metrics } from '../../platform/observability/metrics';
import type { Readings } from '../../platform/observability/readings';

@scoped(Lifecycle.ContainerScoped)
export class WebhookMetrics extends MetricGroup {
  readonly calls = this.counter('concert_webhook_calls_total', 'Calls of webhooks by their result', [
    'result',
  ]);
  readonly duration = this.latency('concert_webhook_duration_seconds', 'Time until a webhook has answered');
  readonly endpoints: Readings;
  readonly pending: Readings;
  readonly oldestAge: Readings;

  constructor(metrics: Metrics) {
    super(metrics);
    const of = (name: string, help: string): Readings => metrics.readings({ name, help, type: 'gauge' });
    this.endpoints = of('concert_webhook_endpoints', 'Webhooks by state: ok, failing, disabled');
    this.pending = of('concert_webhook_pending', 'Deliveries that are not done yet, by webhook');
    this.oldestAge = of('concert_webhook_oldest_age_seconds', 'Age of the oldest of them, by webhook');
  }
}
