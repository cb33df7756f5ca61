import { Lifecycle, scoped } from 'tsyringe';
import { MetricGroup } from '../../platform/observability/metrics';

@scoped(Lifecycle.ContainerScoped)
export class CatalogMetrics extends MetricGroup {
  readonly cacheReads = this.counter('concert_cache_reads_total', 'Reads of a cached list', [
    'cache',
    'result',
  ]);
  readonly conversion = this.gauge(
    'concert_sale_conversion',
    'Share of admitted users who buy, as measured by the worker that counts seats',
    ['queue'],
  );
  readonly seatsPerBuyer = this.gauge('concert_sale_seats_per_buyer', 'Seats that a buyer buys, on average', [
    'queue',
  ]);
  readonly chanceOutcomes = this.counter(
    'concert_queue_chance_outcomes_total',
    'What came of chances that were published, by word: the turn came while there were seats, or all were sold before',
    ['queue', 'chance', 'outcome'],
  );
  readonly chanceError = this.counter(
    'concert_queue_chance_squared_error_total',
    'Sum of the squared errors of those chances: divided by their number, the Brier score',
    ['queue'],
  );
  readonly admissibleBySeats = this.reading(
    'concert_queue_admissible_by_seats',
    'Further users that may be admitted so that each finds a seat',
  );
  readonly freeSeats = this.reading(
    'concert_free_seats',
    'Free seats by queue and price class, as last counted',
  );
}
