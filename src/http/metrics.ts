import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup, Metrics } from '../platform/observability/metrics';

/** Requests and connections. */
@scoped(Lifecycle.ContainerScoped)
export class HttpMetrics extends MetricGroup {
  readonly httpDuration = this.latency('http_request_duration_seconds', 'Time to answer, by route template');
  /** A plain number: it changes twice a request, and is read at each scrape. */
  requestsInFlight = 0;
  readonly requestsShed = this.counter(
    'http_requests_shed_total',
    'Requests answered 503 at once: more was asked than can be done in time',
  );
  readonly connectionsDropped = this.counter(
    'http_connections_dropped_total',
    'Connections closed because the process has HTTP_MAX_CONNECTIONS',
  );

  constructor(metrics: Metrics) {
    super(metrics);
    this.observedGauge({ name: 'http_requests_in_flight', help: 'Requests being answered' }, (gauge) =>
      gauge.set(this.requestsInFlight),
    );
  }
}
