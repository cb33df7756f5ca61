import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class CatalogMetrics extends MetricGroup {
  readonly cacheReads = this.counter('concert_cache_reads_total', 'Reads of a cached list', [
    'cache',
    'result',
  ]);
  readonly freeSeats = this.reading(
    'concert_free_seats',
    'Free seats by queue and price class, as last counted',
  );
}
