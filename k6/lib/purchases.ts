// Shared by purchase.ts and soak.ts: users arrive one after another, and each buys.
import exec from 'k6/execution';
import type { Options } from 'k6/options';
import { Api } from './api.ts';
import { type Balances, balancesBefore, compareWith } from './audit.ts';
import { Buying } from './buying.ts';
import { BUYING, common, fairQueue, noneDropped } from './limits.ts';
import { duration, USERS, whole } from './options.ts';
import { steady } from './rate.ts';
import { waitForAdmission } from './waiting.ts';

const PATIENCE = duration('PATIENCE', 60);
const INSIDE_SECONDS = 30;

const api = new Api();

export interface Purchases {
  options: Options;
  visit: () => void;
  setup: () => Balances;
  teardown: (before: Balances) => void;
}

export function purchases(
  scenario: string,
  defaults: { rate: number; durationSeconds: number; abandon: number; partyMax: number },
): Purchases {
  const partyMax = whole('PARTY_MAX', defaults.partyMax);
  const buying = new Buying(api, defaults.abandon);
  return {
    options: {
      ...common(BUYING, {
        ...fairQueue,
        ...noneDropped,
        tickets_sold: ['count>0'],
        balances_compared: ['count>0'],
        balance_differences: ['count==0'],
      }),
      scenarios: { [scenario]: steady(defaults, PATIENCE + INSIDE_SECONDS) },
      teardownTimeout: '5m',
    },
    setup: () => balancesBefore(api),
    visit: () => {
      // Users take turns, so that no user has two visits at once whose balances would mix.
      const visit = exec.scenario.iterationInTest;
      const token = waitForAdmission(api, 1 + (visit % USERS), { seconds: PATIENCE });
      // Sizes take turns as well, so that a short run has each of them.
      if (token !== undefined) buying.visit(token, 1 + (visit % partyMax));
    },
    teardown: (before) => compareWith(api, before),
  };
}
