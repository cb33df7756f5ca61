// The study's four targets, each alone: what is asked, by whom, at a fixed rate.
import type { Options } from 'k6/options';
import { Api, type Endpoint } from './api.ts';
import { asAnyOf, lineUpAll, type Tokens } from './insiders.ts';
import { common, nobodyDropped } from './limits.ts';
import { whole } from './options.ts';
import { anyMember } from './random.ts';
import { steady } from './rate.ts';

export type Target = Extract<Endpoint, 'token' | 'check' | 'schedule' | 'seat'>;
export const TARGETS = ['token', 'check', 'schedule', 'seat'] as const satisfies Target[];

/** Members with a place, most of them waiting. */
const WAITERS = whole('WAITERS', 200);
/** Members inside: not more than get in at once (QUEUE_AUTO_MIN_ACTIVE, or a fixed QUEUE_MAX_ACTIVE). */
const INSIDERS = whole('INSIDERS', 20);

export interface Stage {
  scheduleId: number;
  insiders: Tokens;
  waiters: Tokens;
}

const api = new Api(1);

/** RATE requests per second for DURATION. */
export const optionsFor = (target: Target): Options => ({
  ...common([target], nobodyDropped),
  scenarios: { [target]: steady({ rate: 100, durationSeconds: 60 }, 1) },
});

/** For setup. Insiders come first: they are the first to be let in. */
export function prepare(targets: readonly Target[]): Stage {
  const needs = (...some: Target[]): boolean => some.some((it) => targets.includes(it));
  const visitors = new Api();
  const insiders = needs('schedule', 'seat') ? lineUpAll(visitors, INSIDERS) : [];
  const waiters = needs('check') ? lineUpAll(visitors, WAITERS) : [];
  const first = needs('seat') ? visitors.schedule(insiders[0] ?? '').item(0) : undefined;
  return { scheduleId: first?.scheduleId ?? 0, insiders, waiters };
}

/** One request of the target, by any of the visitors. */
export function ask(target: Target, { scheduleId, insiders, waiters }: Stage): void {
  if (target === 'token') {
    api.token(anyMember());
    return;
  }
  asAnyOf<unknown>(api, target === 'check' ? waiters : insiders, (token) =>
    target === 'seat' ? api.seat(token, scheduleId) : api[target](token),
  );
}

/** One request of what a crowd asks for: of ten, seven polls and one of each other target. */
export function askMix(stage: Stage): void {
  ask(TARGETS[Math.floor(Math.random() * 10)] ?? 'check', stage);
}
