// A crowd that is always there: CROWD visitors line up, and whoever has bought comes again as somebody else.
import { sleep } from 'k6';
import exec from 'k6/execution';
import type { Options, Scenario } from 'k6/options';
import { Api } from './lib/api.ts';
import { Buying } from './lib/buying.ts';
import { BUYING, common, fairLine } from './lib/limits.ts';
import { duration, oneOf, seconds, share, USERS, whole } from './lib/options.ts';
import { lineUp } from './lib/waiting.ts';

export { handleSummary } from './lib/summary.ts';

const CROWD = whole('CROWD', 500);
const ONCE = oneOf('ONCE', ['0', '1']) === '1';
const SILENT = share('SILENT', 0);
const DURATION = duration('DURATION', 120);
if (CROWD > USERS)
  throw new Error(`CROWD is ${CROWD}: expected at most USERS (${USERS}), each visitor is a member`);

const api = new Api();
const buying = new Buying(api, 0);
const gracefulStop = '0s'; // the crowd is still there when the time is over

const crowd: Scenario = ONCE
  ? {
      executor: 'per-vu-iterations',
      vus: CROWD,
      iterations: 1,
      maxDuration: seconds(DURATION),
      gracefulStop,
    }
  : { executor: 'constant-vus', vus: CROWD, duration: seconds(DURATION), gracefulStop };

export const options: Options = {
  ...common(BUYING, { ...fairLine, tickets_sold: ['count>0'] }),
  noVUConnectionReuse: true, // each visitor comes on a connection of his own, as a balancer sees them
  scenarios: { crowd },
};

export default function (): void {
  if (exec.vu.iterationInScenario === 0) sleep(Math.random());
  const token = lineUp(api, 1 + (exec.scenario.iterationInTest % USERS));
  if (token === undefined || Math.random() < SILENT) return;
  buying.visit(token);
}
