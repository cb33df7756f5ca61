import type { Metric, Registry } from 'prom-client';

interface Description {
  name: string;
  help: string;
  /** Upper bounds, seconds, ascending. */
  buckets: readonly number[];
}

type Labels = Record<string, string | number>;

/** A traced request, as an example of those in a bucket. */
interface Exemplar {
  labelSet: { trace_id: string; span_id: string };
  value: number;
  /** Seconds since 1970. */
  timestamp: number;
}

/** The observations under one set of labels. */
export class LatencySeries {
  /** By bucket; the last one is for what is above all bounds. */
  readonly counts: Float64Array;
  sum = 0;
  /** By bucket, the latest of each; undefined without traces. */
  exemplars: (Exemplar | undefined)[] | undefined;

  constructor(
    readonly labels: Labels,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** @param trace the span that took so long, if it is traced */
  observe(seconds: number, trace?: { traceId: string; spanId: string }): void {
    let bucket = 0;
    while (bucket < this.bounds.length && seconds > (this.bounds[bucket] ?? 0)) bucket++;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += seconds;
    if (trace === undefined) return;
    const labelSet = { trace_id: trace.traceId, span_id: trace.spanId };
    this.exemplars ??= [];
    this.exemplars[bucket] = { labelSet, value: seconds, timestamp: new Date().getTime() / 1000 };
  }
}

/**
 * A histogram that prom-client exports and that costs next to nothing to observe: its own looks its labels up by a
 * string and counts in an object by the bound's text, each time, half a microsecond and more of every request.
 */
export class LatencyHistogram {
  private readonly series = new Map<string, LatencySeries>();

  constructor(
    private readonly description: Description,
    registry: Registry,
  ) {
    registry.registerMetric(this as unknown as Metric);
  }

  get name(): string {
    return this.description.name;
  }

  /** The series of these labels; ask for it once and keep it. */
  labels(labels: Labels): LatencySeries {
    const key = JSON.stringify(labels);
    const series = this.series.get(key) ?? new LatencySeries(labels, this.description.buckets);
    this.series.set(key, series);
    return series;
  }

  /** As prom-client's own histograms give themselves to the registry. */
  get(): object {
    const { name, help } = this.description;
    const values = [...this.series.values()].flatMap((series) => this.valuesOf(series));
    return { name, help, type: 'histogram', values, aggregator: 'sum' };
  }

  private valuesOf({ labels, counts, sum, exemplars }: LatencySeries): object[] {
    let count = 0;
    const buckets = Array.from(counts, (own, i) => {
      count += own;
      const le = this.description.buckets[i] ?? '+Inf';
      const exemplar = exemplars?.[i];
      const value = { labels: { le, ...labels }, value: count, metricName: `${this.name}_bucket` };
      return exemplar === undefined ? value : { ...value, exemplar };
    });
    return [
      ...buckets,
      { labels, value: sum, metricName: `${this.name}_sum` },
      { labels, value: count, metricName: `${this.name}_count` },
    ];
  }
}
