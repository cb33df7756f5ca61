import { appendFileSync } from 'node:fs';
import type { Series } from '../plots/series.ts';

/** Metrics that the report shows; all others are left out of the file. */
const KEPT =
  /^(concert_queue_(waiting|active|active_limit|admission_rate_limit)|concert_queue_controller_(action|bottleneck)|concert_queue_admissions_total|concert_queue_state_restores_total|concert_queue_stream_events_total|concert_breaker_state|concert_breaker_calls_total|nodejs_eventloop_lag_(p99|max)_seconds|nodejs_eventloop_utilization|concert_database_pool_connections|http_requests_in_flight|http_requests_shed_total|http_request_duration_seconds_count|process_cpu_seconds_total|process_resident_memory_bytes|concert_outbox_backlog|concert_ticket_sales_total|concert_seat_holds_total|concert_invariant_violations|concert_cache_reads_total)(\{.*\})?$/;

/** One scrape: the metric with its labels, as Prometheus writes them, and its value. */
export interface Sample {
  /** Seconds since the first scrape. */
  at: number;
  values: Record<string, number>;
}

/** The product's /metrics once a second, kept in memory and in a file, a line each. A scrape that fails is a gap. */
export class Scraper {
  readonly samples: Sample[] = [];
  private readonly startedAt = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private isBusy = false;
  private readonly url: string;
  private readonly file: string;

  constructor(managementUrl: string, file: string) {
    this.url = `${managementUrl}/metrics`;
    this.file = file;
  }

  start(): void {
    this.timer = setInterval(() => void this.scrape(), 1000);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async scrape(): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    const at = (performance.now() - this.startedAt) / 1000;
    try {
      const response = await fetch(this.url, { signal: AbortSignal.timeout(2000) });
      const sample = { at, values: readMetrics(await response.text()) };
      this.samples.push(sample);
      appendFileSync(this.file, `${JSON.stringify(sample)}\n`);
    } catch {
      // the gap in the plot says it
    } finally {
      this.isBusy = false;
    }
  }
}

export function readMetrics(text: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const end = line.lastIndexOf(' ');
    const name = line.slice(0, end);
    if (!line.startsWith('#') && KEPT.test(name)) values[name] = Number(line.slice(end + 1));
  }
  return values;
}

const matches = (key: string, metric: string, labels: Record<string, string>): boolean =>
  (key === metric || key.startsWith(`${metric}{`)) &&
  Object.entries(labels).every(([name, value]) => key.includes(`${name}="${value}"`));

/** The sum over all label sets that match, over time. */
export function gauge(
  samples: Sample[],
  metric: string,
  name: string,
  labels: Record<string, string> = {},
): Series {
  const points = samples.flatMap(({ at, values }): Series['points'] => {
    const found = Object.entries(values).filter(([key]) => matches(key, metric, labels));
    return found.length === 0 ? [] : [[at, found.reduce((sum, [, value]) => sum + value, 0)]];
  });
  return { name, points };
}

/** Growth a second of the sum over all label sets that match. */
export function rate(
  samples: Sample[],
  metric: string,
  name: string,
  labels: Record<string, string> = {},
): Series {
  const { points } = gauge(samples, metric, name, labels);
  const rates = points.slice(1).map(([at, value], i): [number, number] => {
    const [before, last] = points[i] ?? [at, value];
    return [at, at > before ? Math.max(0, value - last) / (at - before) : 0];
  });
  return { name, points: rates };
}
