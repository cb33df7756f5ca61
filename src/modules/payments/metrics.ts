import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class PaymentMetrics extends MetricGroup {
  readonly sales = this.counter('concert_ticket_sales_total', 'Seats paid for');
  readonly ticketRevenue = this.counter('concert_ticket_revenue_krw_total', 'Money taken for seats, won');
}
