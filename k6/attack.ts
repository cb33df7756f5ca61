// Bots at an on-sale: a few attackers with many accounts and scripts against ordinary users. Prints the share of the seats that they get.
import { sleep } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import type { Options, Scenario } from 'k6/options';
import { Api } from './lib/api.ts';
import { Buying } from './lib/buying.ts';
import { duration, oneOf, seconds, TEST_ID, USERS, whole } from './lib/options.ts';
import { outputs, type Summary, textOf } from './lib/summary.ts';
import { waitForAdmission } from './lib/waiting.ts';
import { DEFENCES, payFor, planDraw } from './lib/world.ts';

const DEFENCE = oneOf('DEFENCE', DEFENCES);
/** Ordinary users: one account and one device each. */
const ORDINARY = whole('ORDINARY', 198);
const ATTACKERS = whole('ATTACKERS', 2);
/** Of each attacker. */
const ACCOUNTS = whole('ACCOUNTS', 50);
/** Within which the ordinary users arrive. The attackers' scripts are there at once. */
const ARRIVAL = duration('ARRIVAL', 10);
const DURATION = duration('DURATION', 90);
const accounts = ATTACKERS * ACCOUNTS;
if (ORDINARY + accounts > USERS)
  throw new Error(
    `ORDINARY + ATTACKERS × ACCOUNTS is ${ORDINARY + accounts}: expected at most USERS (${USERS})`,
  );

const ticketsOfOrdinary = new Counter('tickets_of_ordinary_users');
const ticketsOfAttackers = new Counter('tickets_of_attackers');

const api = new Api();
const [people, scripts] = [new Buying(api, 0), new Buying(api, 0, 0)];

const each = (exec: string, vus: number): Scenario => ({
  executor: 'per-vu-iterations',
  exec,
  vus,
  iterations: 1,
  maxDuration: seconds(DURATION),
  gracefulStop: '0s',
});

export const options: Options = {
  tags: { testid: TEST_ID },
  noVUConnectionReuse: true,
  thresholds: { tickets_sold: ['count>0'] },
  scenarios: { ordinary: each('ordinary', ORDINARY), attack: each('attack', accounts) },
};

/** In a draw the registration lasts until everybody has arrived. */
export function setup(): void {
  if (DEFENCE === 'draw') planDraw(new Date(Date.now() + (ARRIVAL + 3) * 1000));
}

export function ordinary(): void {
  sleep(Math.random() * ARRIVAL);
  const person = { userId: 1 + exec.scenario.iterationInTest, attacker: 0 };
  const token = waitForAdmission(api, payFor(DEFENCE, api, person));
  if (token !== undefined && people.visit(token)) ticketsOfOrdinary.add(1);
}

/** Polls once a second, whatever the service asks for, and picks a seat without thinking. */
export function attack(): void {
  const account = exec.scenario.iterationInTest;
  const person = { userId: ORDINARY + 1 + account, attacker: 1 + (account % ATTACKERS) };
  const token = waitForAdmission(api, payFor(DEFENCE, api, person), { pauseSeconds: () => 1 });
  if (token !== undefined && scripts.visit(token)) ticketsOfAttackers.add(1);
}

export function handleSummary(data: Summary): Record<string, string> {
  const count = (name: string): number => data.metrics[name]?.values.count ?? 0;
  const [taken, left] = [count('tickets_of_attackers'), count('tickets_of_ordinary_users')];
  const percent = (part: number, whole: number): string => ((100 * part) / Math.max(1, whole)).toFixed(1);
  const line = `${DEFENCE}: ${ATTACKERS} attackers (${percent(ATTACKERS, ATTACKERS + ORDINARY)} % of all) with ${accounts} accounts get ${taken} of ${taken + left} seats: ${percent(taken, taken + left)} %`;
  return outputs(data, `${textOf(data)}\n${line}\n`);
}
