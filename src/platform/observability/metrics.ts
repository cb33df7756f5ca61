import cluster from 'node:cluster';
import { injectable, Lifecycle, scoped } from 'tsyringe';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { joinScrapes } from './cluster-metrics';
import { LatencyHistogram } from './latency-histogram';
import { type Description, Readings } from './readings';

const LATENCY_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10];

interface ObservedGauge<L extends string> {
  name: string;
  help: string;
  labelNames?: L[];
  aggregator?: 'sum' | 'average';
}

/** The metrics of a process, in a separate registry: two instances in one process do not mix. */
@scoped(Lifecycle.ContainerScoped)
export class Metrics {
  readonly registry = new Registry();

  constructor() {
    collectDefaultMetrics({ register: this.registry }); // memory, CPU, GC, event-loop delay, handles
    if (cluster.isWorker) joinScrapes(this.registry);
  }

  /** What a metric of this process is now; nothing where it has no value. */
  async valuesOf(name: string): Promise<{ labels: Record<string, unknown>; value: number }[]> {
    const metric = await this.registry.getSingleMetric(name)?.get();
    return metric?.values ?? [];
  }

  /** Numbers that are kept elsewhere. */
  readings(description: Description): Readings {
    return new Readings(description, this.registry);
  }
}

/** What a module declares its metrics with: one subclass each, whose fields are the metrics. */
@injectable()
export class MetricGroup {
  readonly registry: Registry;

  constructor(metrics: Metrics) {
    this.registry = metrics.registry;
  }

  protected counter<L extends string = never>(name: string, help: string, labelNames: L[] = []): Counter<L> {
    return new Counter({ ...this.target, name, help, labelNames });
  }

  /** A value of this process: those of several workers are added up. */
  protected gauge<L extends string = never>(name: string, help: string, labelNames: L[] = []): Gauge<L> {
    return new Gauge({ ...this.target, name, help, labelNames });
  }

  /** A value of the whole product, which every process reports alike: those of several workers are not added up. */
  protected sharedGauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: L[] = [],
  ): Gauge<L> {
    return new Gauge({ ...this.target, name, help, labelNames, aggregator: 'max' });
  }

  /** A gauge that is set at each scrape. @param aggregator how the values of several workers become one */
  protected observedGauge<L extends string = never>(
    { name, help, labelNames = [], aggregator = 'sum' }: ObservedGauge<L>,
    observe: (gauge: Gauge<L>) => void,
  ): void {
    new Gauge<L>({
      ...this.target,
      name,
      help,
      labelNames,
      aggregator,
      collect() {
        observe(this);
      },
    });
  }

  protected histogram<L extends string>(
    name: string,
    help: string,
    labelNames: L[],
    buckets: number[],
  ): Histogram<L> {
    return new Histogram({ ...this.target, name, help, labelNames, buckets });
  }

  /** A histogram of durations, seconds, that is cheap enough for every request. */
  protected latency(name: string, help: string): LatencyHistogram {
    return new LatencyHistogram({ name, help, buckets: LATENCY_BUCKETS_S }, this.registry);
  }

  /** A number that is kept elsewhere and exported as it was last read. */
  protected reading(name: string, help: string): Readings {
    return new Readings({ name, help, type: 'gauge' }, this.registry);
  }

  private get target(): { registers: Registry[] } {
    return { registers: [this.registry] };
  }
}
