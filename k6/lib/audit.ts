import type { Api } from './api.ts';
import { compareBalances } from './buying.ts';
import { whole } from './options.ts';
import { enter, type Patience } from './waiting.ts';

/** Users 1 … AUDIT are the first to buy; their balances are read before and after the run. */
const AUDIT = whole('AUDIT', 10, 0);
const BEFORE = { mostChecks: 3 };
/** Longer than QUEUE_IDLE_TIMEOUT_SECONDS, because the last users may still be active. */
const AFTER_SECONDS = 180;

export type Balances = Record<number, number>;

function balanceOf(api: Api, userId: number, patience: Patience): number | undefined {
  const token = enter(api, userId, patience);
  if (token === undefined) return undefined;
  const answer = api.amount(token);
  return answer.ok ? answer.data.amount : undefined;
}

/** Used by setup. The users keep their entries until they buy. */
export function balancesBefore(api: Api): Balances {
  const balances: Balances = {};
  for (let userId = 1; userId <= AUDIT; userId++) {
    const balance = balanceOf(api, userId, BEFORE);
    if (balance === undefined) break; // the admission limit is reached
    balances[userId] = balance;
  }
  return balances;
}

/** Used by teardown. Each user topped up exactly the price, so that no balance may differ. */
export function compareWith(api: Api, before: Balances): void {
  const deadline = Date.now() + AFTER_SECONDS * 1000;
  for (const [userId, expected] of Object.entries(before)) {
    const seconds = (deadline - Date.now()) / 1000;
    const balance = balanceOf(api, Number(userId), { seconds });
    if (balance !== undefined) compareBalances(expected, balance);
  }
}
