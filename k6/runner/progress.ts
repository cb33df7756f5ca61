import { gauge, rate, type Scraper } from './record/scrape.ts';
import type { Series } from './plots/series.ts';

const EVERY_MS = 5000;

const last = ({ points }: Series): number => points.at(-1)?.[1] ?? 0;

/** A line every few seconds while a run lasts. */
export class Progress {
  private readonly scraper: Scraper;
  private timer: NodeJS.Timeout | undefined;

  constructor(scraper: Scraper) {
    this.scraper = scraper;
  }

  start(): void {
    this.timer = setInterval(() => {
      const samples = this.scraper.samples.slice(-3);
      const at = samples.at(-1)?.at;
      if (at === undefined) return;
      const of = (metric: string, labels = {}): string => last(gauge(samples, metric, '', labels)).toFixed(0);
      const requests = last(rate(samples, 'http_request_duration_seconds_count', '')).toFixed(0);
      const lagMs = (last(gauge(samples, 'nodejs_eventloop_lag_p99_seconds', '')) * 1000).toFixed(0);
      const open =
        last(gauge(samples, 'concert_breaker_state', '', { state: 'open' })) > 0 ? ', A BREAKER IS OPEN' : '';
      process.stdout.write(
        `  ${at.toFixed(0).padStart(4)} s  ${requests.padStart(6)} requests/s  ${of('concert_queue_waiting').padStart(6)} waiting  ${of('concert_queue_active').padStart(6)} active  event loop p99 ${lagMs} ms${open}\n`,
      );
    }, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
