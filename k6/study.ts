// The published study's scenario, to the letter: a closed loop of visitors who look at the first schedule's seats.
import type { Options } from 'k6/options';
import { Api } from './lib/api.ts';
import { browse } from './lib/browsing.ts';
import { BROWSING, common, fairLine } from './lib/limits.ts';
import { decimal, seconds } from './lib/options.ts';
import { anyMember } from './lib/random.ts';

export { handleSummary } from './lib/summary.ts';

const STAGE_SECONDS = 15 * decimal('DURATION_SCALE', 1);
const P95_MS = decimal('P95_MS', 2000);
const PATIENCE = { mostChecks: 15, pauseSeconds: (): number => 2 };

const api = new Api();

export const options: Options = {
  ...common(BROWSING, { http_req_duration: [`p(95)<${P95_MS}`], ...fairLine }),
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
  browse(api, anyMember(), PATIENCE);
}
