// The four targets of the study, each at a fixed rate.
import type { Options } from 'k6/options';
import { Api, type Endpoint } from './api.ts';
import { asAnyUserOf, requestTokens, type Tokens } from './tokens.ts';
import { common, noneDropped } from './limits.ts';
import { whole } from './options.ts';
import { anyUser } from './random.ts';
import { steady } from './rate.ts';

export type Target = Extract<Endpoint, 'token' | 'check' | 'schedule' | 'seat'>;
export const TARGETS = ['token', 'check', 'schedule', 'seat'] as const satisfies Target[];

/** Users with a token, most of them waiting. */
const WAITERS = whole('WAITERS', 200);
/** Active users, at most the admission limit at the start (QUEUE_AUTO_MIN_ACTIVE, or a fixed QUEUE_MAX_ACTIVE). */
const INSIDERS = whole('INSIDERS', 20);

export interface Stage {
  scheduleId: number;
  insiders: Tokens;
  waiters: Tokens;
}

const api = new Api(1);

/** RATE requests per second for DURATION. */
export const optionsFor = (target: Target): Options => ({
  ...common([target], noneDropped),
  scenarios: { [target]: steady({ rate: 100, durationSeconds: 60 }, 1) },
});

/** Used by setup. It requests the tokens of the active users first, because they are admitted first. */
export function prepare(targets: readonly Target[]): Stage {
  const needs = (...some: Target[]): boolean => some.some((it) => targets.includes(it));
  const users = new Api();
  const insiders = needs('schedule', 'seat') ? requestTokens(users, INSIDERS) : [];
  const waiters = needs('check') ? requestTokens(users, WAITERS) : [];
  const first = needs('seat') ? users.schedule(insiders[0] ?? '').item(0) : undefined;
  return { scheduleId: first?.scheduleId ?? 0, insiders, waiters };
}

/** Sends one request to the target, as a random user. */
export function request(target: Target, { scheduleId, insiders, waiters }: Stage): void {
  if (target === 'token') {
    api.token(anyUser());
    return;
  }
  asAnyUserOf<unknown>(api, target === 'check' ? waiters : insiders, (token) =>
    target === 'seat' ? api.seat(token, scheduleId) : api[target](token),
  );
}

/** Sends one request of the typical mix: seven of ten are polls, and one goes to each other target. */
export function requestMix(stage: Stage): void {
  request(TARGETS[Math.floor(Math.random() * 10)] ?? 'check', stage);
}
