import { readFileSync } from 'node:fs';
import type { Series } from '../plots/series.ts';

type Kind = 'counter' | 'gauge' | 'rate' | 'trend';
type Aggregate = 'count' | 'rate' | 'value' | 'avg' | 'max' | 'med' | 'min' | 'p(90)' | 'p(95)' | 'p(99)';

interface Event {
  event: string;
  data: unknown;
}

/**
 * What k6's dashboard recorded (K6_WEB_DASHBOARD_RECORD): a line per event; a `snapshot` a second holds, for each
 * metric known so far in the order of their names, the aggregates of that second, a
 * `cumulative` those of the run so far.
 */
export class Recording {
  private readonly series = new Map<string, Series>();
  private readonly totals = new Map<string, number>();
  /** Milliseconds since 1970. */
  startedAt = 0;

  constructor(file: string) {
    const kinds = new Map<string, Kind>();
    let aggregates: Record<Kind, Aggregate[]> = { counter: [], gauge: [], rate: [], trend: [] };
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      const { event, data } = JSON.parse(line) as Event;
      if (event === 'param') ({ aggregates } = data as { aggregates: typeof aggregates });
      if (event === 'start') this.startedAt = (data as number[][])[0]?.[0] ?? 0;
      if (event === 'metric')
        for (const [name, { type }] of Object.entries(data as Record<string, { type: Kind }>))
          kinds.set(name, type);
      if (event === 'snapshot') this.add([...kinds].sort(byName), aggregates, data as number[][]);
      if (event === 'cumulative') this.total([...kinds].sort(byName), aggregates, data as number[][]);
    }
  }

  /** @param metric `name` or `name{tag:value}`; undefined when nothing was recorded */
  get(metric: string, aggregate: Aggregate): Series | undefined {
    return this.series.get(`${metric} ${aggregate}`);
  }

  /** Of the whole run. */
  whole(metric: string, aggregate: Aggregate): number | undefined {
    return this.totals.get(`${metric} ${aggregate}`);
  }

  /** The values of a tag that the metric was recorded with. */
  valuesOf(metric: string, tag: string): string[] {
    const prefix = `${metric}{${tag}:`;
    const names = [...this.series.keys()].filter((key) => key.startsWith(prefix));
    return [...new Set(names.map((key) => key.slice(prefix.length, key.indexOf('}'))))].sort();
  }

  private total(metrics: [string, Kind][], aggregates: Record<Kind, Aggregate[]>, values: number[][]): void {
    metrics.forEach(([name, kind], i) => {
      aggregates[kind].forEach((aggregate, j) => {
        const value = values[i]?.[j];
        if (value !== undefined) this.totals.set(`${name} ${aggregate}`, value);
      });
    });
  }

  private add(metrics: [string, Kind][], aggregates: Record<Kind, Aggregate[]>, values: number[][]): void {
    const time = values[metrics.findIndex(([name]) => name === 'time')]?.[0];
    if (time === undefined) return;
    metrics.forEach(([name, kind], i) => {
      aggregates[kind].forEach((aggregate, j) => {
        const value = values[i]?.[j];
        if (value === undefined) return;
        const key = `${name} ${aggregate}`;
        const series = this.series.get(key) ?? { name, points: [] };
        this.series.set(key, series);
        series.points.push([(time - this.startedAt) / 1000, value]);
      });
    });
  }
}

const byName = ([a]: [string, Kind], [b]: [string, Kind]): number => (a < b ? -1 : 1);
