// The exact scenario of the published study: a closed loop of users who read the seats of the first schedule.
import type { Options } from 'k6/options';
import { Api } from './lib/api.ts';
import { browse } from './lib/browsing.ts';
import { BROWSING, common, fairQueue } from './lib/limits.ts';
import { decimal, seconds } from './lib/options.ts';
import { anyUser } from './lib/random.ts';

export { handleSummary } from './lib/summary.ts';

const STAGE_SECONDS = 15 * decimal('DURATION_SCALE', 1);
const P95_MS = decimal('P95_MS', 2000);
const PATIENCE = { mostChecks: 15, pauseSeconds: (): number => 2 };

const api = new Api();

export const options: Options = {
  ...common(BROWSING, { http_req_duration: [`p(95)<${P95_MS}`], ...fairQueue }),
  scenarios: {
    study: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [50, 150, 50, 0].map((target) => ({ target, duration: seconds(STAGE_SECONDS) })),
    },
  },
};

export function setup(): void {
  api.token(1);
}

export default function (): void {
  browse(api, anyUser(), PATIENCE);
}
