// A constant number of users: USERS_ACTIVE of them wait and buy, and each is replaced by another user after its visit.
import { sleep } from 'k6';
import exec from 'k6/execution';
import type { Options, Scenario } from 'k6/options';
import { Api } from './lib/api.ts';
import { Buying } from './lib/buying.ts';
import { BUYING, common, fairQueue } from './lib/limits.ts';
import { duration, oneOf, seconds, share, USERS, whole } from './lib/options.ts';
import { waitForAdmission } from './lib/waiting.ts';

export { handleSummary } from './lib/summary.ts';

const USERS_ACTIVE = whole('USERS_ACTIVE', 500);
const SINGLE_VISIT = oneOf('SINGLE_VISIT', ['0', '1']) === '1';
const SILENT_SHARE = share('SILENT_SHARE', 0);
const DURATION = duration('DURATION', 120);
if (USERS_ACTIVE > USERS)
  throw new Error(
    `USERS_ACTIVE is ${USERS_ACTIVE}: expected at most USERS (${USERS}), because each virtual user is a different user`,
  );

const api = new Api();
const buying = new Buying(api, 0);
const gracefulStop = '0s'; // users are still waiting when the time is over

const crowd: Scenario = SINGLE_VISIT
  ? {
      executor: 'per-vu-iterations',
      vus: USERS_ACTIVE,
      iterations: 1,
      maxDuration: seconds(DURATION),
      gracefulStop,
    }
  : { executor: 'constant-vus', vus: USERS_ACTIVE, duration: seconds(DURATION), gracefulStop };

export const options: Options = {
  ...common(BUYING, { ...fairQueue, tickets_sold: ['count>0'] }),
  noVUConnectionReuse: true, // each user has a new connection, as behind a load balancer
  scenarios: { crowd },
};

export default function (): void {
  if (exec.vu.iterationInScenario === 0) sleep(Math.random());
  const token = waitForAdmission(api, 1 + (exec.scenario.iterationInTest % USERS));
  if (token === undefined || Math.random() < SILENT_SHARE) return;
  buying.visit(token);
}
