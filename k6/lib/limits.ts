import type { Options, Threshold } from 'k6/options';
import type { Endpoint } from './api.ts';
import { P99_MS, TEST_ID } from './options.ts';

type Thresholds = Record<string, Threshold[]>;

/** Options of all runs: tags, the statistics of a Trend in the summary, and less than 1 % failures. */
export function common(endpoints: readonly Endpoint[], thresholds: Thresholds = {}): Options {
  return {
    tags: { testid: TEST_ID },
    summaryTrendStats: ['count', 'avg', 'min', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'],
    thresholds: {
      http_req_duration: [`p(99)<${P99_MS}`],
      http_req_failed: ['rate<0.01'],
      http_reqs: ['count>0'], // a rate without samples passes
      checks: ['rate>0.99'],
      ...eachRequested(endpoints),
      ...thresholds,
    },
  };
}

/** Each endpoint must have requests. The second threshold always holds; it puts the latency into the summary. */
export const eachRequested = (endpoints: readonly Endpoint[]): Thresholds =>
  Object.fromEntries(
    endpoints.flatMap((endpoint) => [
      [`http_reqs{endpoint:${endpoint}}`, ['count>0']],
      [`http_req_duration{endpoint:${endpoint}}`, ['max>=0']],
    ]),
  );

/** For runs with waiting users: the queue is fair, and at least one visit was finished. */
export const fairQueue: Thresholds = { queue_position_back: ['count==0'], visits: ['count>0'] };

/** For an open model: no iteration was dropped because the generator ran out of VUs. */
export const noneDropped: Thresholds = { dropped_iterations: ['count==0'] };

export const BROWSING = ['token', 'check', 'schedule', 'seat'] as const satisfies Endpoint[];
export const BUYING = [...BROWSING, 'amount', 'charge', 'reserve', 'payment'] as const satisfies Endpoint[];
