// A start of sales: PEAK users arrive within a second. Each polls at the interval of the service until it is admitted, then buys or leaves.
import { sleep } from 'k6';
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { Api } from './lib/api.ts';
import { Buying } from './lib/buying.ts';
import { BUYING, common, fairQueue } from './lib/limits.ts';
import { duration, FIRST_USER, seconds, USERS, whole } from './lib/options.ts';
import { waitForAdmission } from './lib/waiting.ts';

export { handleSummary } from './lib/summary.ts';

const PEAK = whole('PEAK', 1000);
const DURATION = duration('DURATION', 300);
if (PEAK > USERS)
  throw new Error(
    `PEAK is ${PEAK}: expected at most USERS (${USERS}), because each virtual user is a different user`,
  );

const api = new Api();
const buying = new Buying(api, 0.1);

export const options: Options = {
  ...common(BUYING, { ...fairQueue, tickets_sold: ['count>0'] }),
  scenarios: {
    spike: {
      executor: 'per-vu-iterations',
      vus: PEAK,
      iterations: 1,
      maxDuration: seconds(DURATION + 1),
      gracefulStop: '60s',
    },
  },
};

export default function (): void {
  sleep(Math.random());
  const token = waitForAdmission(api, FIRST_USER - 1 + exec.vu.idInTest, { seconds: DURATION });
  if (token !== undefined) buying.visit(token);
}
