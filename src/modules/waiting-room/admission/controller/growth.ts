import type { ControllerState } from './decision';
import { delayOf, loadOf } from './estimates';
import { mean, sum } from './statistics';
import {
  CEILING,
  CHANGED_FACTOR,
  GROWTH_FROM_OBSERVED,
  HEADROOM_FACTOR,
  IDLE,
  LOAD_LOW,
  LOAD_SATURATION,
  LOAD_TARGET,
  MAX_STEP_FACTOR,
  RECENT_SECONDS,
  SLOW_GROWTH_SHARE,
  TARGET_PRESSURE,
} from './tuning';

/** The active users produce next to no load. */
export const isIdle = (state: ControllerState): boolean =>
  loadOf(state) < IDLE && mean(state.pressures.slice(-3)) < IDLE;

/** True if the limit, not demand, is the constraint (or recently was, at low load). */
export function isLimitBinding(state: ControllerState): boolean {
  const { recentlyActive, window, second, lastWaitingAt } = state;
  const [agoSeconds, share] = isIdle(state) ? [RECENT_SECONDS, 1 / HEADROOM_FACTOR] : [0, 0.9];
  return second - lastWaitingAt <= agoSeconds && Math.max(...recentlyActive.slice(-2)) >= share * window;
}

/**
 * The factor by which the window grows: fast far from LOAD_TARGET (slow start), slowly near it or beyond the threshold.
 * @param pressure the median of the last three seconds
 */
export function growthOf(state: ControllerState, pressure: number, min: number): number {
  const load = loadOf(state);
  const headroom = Math.min(1 - pressure / TARGET_PRESSURE, Math.max(0, (LOAD_SATURATION - load) / 0.1));
  const ceiling = lastCeiling(state);
  const isAtCeiling = state.window >= CEILING.hold * ceiling;
  const slow = isAtCeiling ? 1 : 1 + (SLOW_GROWTH_SHARE / state.meanSessionSeconds) * headroom;
  if (load >= LOAD_LOW || state.window >= (state.threshold ?? Infinity)) return slow;
  // Users admitted within the delay, or without a request yet, have not shown their load: the others are the measure.
  const delay = delayOf(state);
  const observed = Math.min(state.recentlyActive.at(-delay) ?? 0, sum(state.requests.slice(-delay)));
  const measured = Math.max(min, observed);
  const bearable = (LOAD_TARGET * measured) / load;
  const towardsTarget = (bearable / state.window) ** (1 / (0.5 * delay));
  const { first, later } = GROWTH_FROM_OBSERVED;
  const fromObserved = ((observed < min ? first : later) * measured) / state.window;
  const hasChanged = bearable >= CHANGED_FACTOR * ceiling;
  const toCeiling = hasChanged ? Infinity : (CEILING.share * ceiling) / state.window;
  return Math.max(Math.min(MAX_STEP_FACTOR, fromObserved, towardsTarget, toCeiling), slow);
}

/** The window at which there was a breach lately; Infinity: there was none. */
function lastCeiling({ ceiling, second, meanSessionSeconds }: ControllerState): number {
  const isForgotten = ceiling === null || second - ceiling.second > CEILING.sessions * meanSessionSeconds;
  return isForgotten ? Infinity : ceiling.window;
}
