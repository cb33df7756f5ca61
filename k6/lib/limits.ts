import type { Options, Threshold } from 'k6/options';
import type { Endpoint } from './api.ts';
import { P99_MS, TEST_ID } from './options.ts';

type Thresholds = Record<string, Threshold[]>;

/** What all runs share: tags, what the summary tells of a Trend, and that failures stay below 1 %. */
export function common(endpoints: readonly Endpoint[], thresholds: Thresholds = {}): Options {
  return {
    tags: { testid: TEST_ID },
    summaryTrendStats: ['count', 'avg', 'min', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'],
    thresholds: {
      http_req_duration: [`p(99)<${P99_MS}`],
      http_req_failed: ['rate<0.01'],
      http_reqs: ['count>0'], // a rate without samples passes
      checks: ['rate>0.99'],
      ...eachAsked(endpoints),
      ...thresholds,
    },
  };
}

/** Each endpoint must have been asked; the second, which always holds, puts its latency into the summary. */
export const eachAsked = (endpoints: readonly Endpoint[]): Thresholds =>
  Object.fromEntries(
    endpoints.flatMap((endpoint) => [
      [`http_reqs{endpoint:${endpoint}}`, ['count>0']],
      [`http_req_duration{endpoint:${endpoint}}`, ['max>=0']],
    ]),
  );

/** For those who line up: the line is fair, and somebody has come to the end of the journey. */
export const fairLine: Thresholds = { queue_position_back: ['count==0'], visits: ['count>0'] };

/** For an open model: nobody was left out because the generator ran out of VUs. */
export const nobodyDropped: Thresholds = { dropped_iterations: ['count==0'] };

export const BROWSING = ['token', 'check', 'schedule', 'seat'] as const satisfies Endpoint[];
export const BUYING = [...BROWSING, 'amount', 'charge', 'reserve', 'payment'] as const satisfies Endpoint[];
