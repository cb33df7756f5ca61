import { nextStep, type Step } from './action';
import type { Bottleneck, ControllerBounds, ControllerState, Decision, Occupancy } from './decision';
import { appendSample, delayOf, loadOf, newControllerState, updateEstimates } from './estimates';
import { isIdle, isLimitBinding } from './growth';
import { pressureOf } from './pressure';
import type { Signals } from '../signals';
import { beforeBreach, undoStall } from './stall';
import { clamp, mean } from './statistics';
import {
  FORGET_AFTER_SESSIONS,
  LOAD_LOW,
  LOAD_SIGNIFICANT,
  SESSION_SECONDS,
  TARGET_PRESSURE,
  THRESHOLD_SHARE,
} from './tuning';

/**
 * Decides the admission limit and the rate limit once a second. The limit is a window of recently active users, as TCP's
 * of packets in flight, and the inactive users on top of it.
 *
 *   increase  while somebody waits and the window is full: fast as long as the load is far from LOAD_TARGET (slow start),
 *             by SLOW_GROWTH_SHARE per session's length near the objective. At next to no load also ahead of demand, so
 *             that a user who comes need not wait for the next decision
 *   hold      while the last step has not shown its effect, or the limit keeps nobody waiting
 *   decrease  pressure above TARGET_PRESSURE in two of three seconds: a little less
 *   back-off  a breach: a fifth less at most, as it may be a stall; when it lasts for another second, less by as much as
 *             was too much. Once per delay; it never ends a session
 *   close     a breaker is open: nobody is admitted; afterwards slow start
 *
 * A decrease that a stall has caused is taken back when the stall is over (stall.ts).
 *
 * A user admitted now loads the database only after some thinking, so each step waits for the one before: the delay is
 * the length of a session by Little's law (active over leaving), where TCP counts round trips. The load is Gradient2's:
 * 1 − (baseline latency / latency). Inactive users do not count, so that users who leave without a word do not use up the
 * limit. The window is never more than a small multiple of the active users, so it cannot wind up.
 * Without signals (`undefined`) it holds. Sources and what was tried: docs/adr/0012.
 */
export function decide(
  before: ControllerState,
  signals: Signals | undefined,
  occupancy: Occupancy,
  bounds: ControllerBounds,
): Decision {
  const recentlyActive = Math.max(0, occupancy.active - occupancy.inactive);
  const updated = updateEstimates(before, signals, occupancy, recentlyActive);
  const decideTo = (state: ControllerState, step: Step, bottleneck: Bottleneck): Decision =>
    decisionOf(state, occupancy, bounds, step, bottleneck);
  if (signals === undefined) return decideTo(updated, { action: 'hold', factor: 1 }, 'none');

  const pressure = pressureOf(signals, updated, bounds.targetP99Ms);
  const sample = signals.breakerOpen ? Math.max(1, pressure.value) : pressure.value;
  updated.pressures = appendSample(before.pressures, sample);
  const noted = beforeBreach(before, recentlyActive, TARGET_PRESSURE);
  if (signals.breakerOpen) {
    const { second, baselineLatencyMs, pressures, served, undoneAt } = updated;
    const kept = { second, baselineLatencyMs, pressures, served, undoneAt, beforeBreach: noted };
    const closed = { ...newControllerState(bounds), window: bounds.min, ...kept };
    return { ...decideTo(closed, { action: 'close', factor: 1 }, 'breaker'), rate: 0 };
  }

  const state = undoStall(updated, recentlyActive, TARGET_PRESSURE);
  const step = nextStep(state, signals, pressure.value, bounds);
  const isDown = step.action === 'back-off' || step.action === 'decrease';
  noteBusyness(state, isDown, pressure.value);
  if (isDown) applyDecrease(state, step, { recentlyActive, min: bounds.min, noted });
  else state.window *= step.factor;
  state.window = clamp(state.window, bounds.min, bounds.max);
  return decideTo(state, step, isLimitBinding(state) || isDown ? pressure.bottleneck : 'demand');
}

/** Forgets the threshold after a session's length without a busy second. */
function noteBusyness(state: ControllerState, isDown: boolean, pressure: number): void {
  const isCoolingDown = state.second < state.cooldownUntil;
  if (isDown || isCoolingDown || loadOf(state) > LOAD_LOW || pressure > TARGET_PRESSURE)
    state.busyAt = state.second;
  else if (state.second - state.busyAt > FORGET_AFTER_SESSIONS * state.meanSessionSeconds)
    state.threshold = null;
}

/** Shrinks the window and records the breach. */
function applyDecrease(
  state: ControllerState,
  { action, factor }: Step,
  {
    recentlyActive,
    min,
    noted,
  }: Pick<ControllerBounds, 'min'> & {
    recentlyActive: number;
    noted: ControllerState['beforeBreach'];
  },
): void {
  const begins = state.second >= state.cooldownUntil || state.cooldownAfter !== action;
  const window = Math.min(state.window, recentlyActive);
  const isCausedByLoad = loadOf(state) >= LOAD_SIGNIFICANT; // else it was a stall
  if (begins) state.cooldownFrom = state.second;
  if (begins && action === 'back-off') state.beforeBreach = noted;
  if (begins && action === 'back-off' && isCausedByLoad) state.ceiling = { window, second: state.second };
  state.window = window * factor;
  // A window at its minimum says nothing about what the backend can bear.
  state.threshold = isCausedByLoad && state.window > min ? state.window * THRESHOLD_SHARE : null;
  state.cooldownUntil = state.second + delayOf(state);
  state.cooldownAfter = action;
}

/**
 * The rate admits as many as leave and a quarter more, and the growth: a window that has emptied fills gently. While the
 * backend is idle, as many may come in a second as at the start.
 */
function decisionOf(
  state: ControllerState,
  { inactive }: Occupancy,
  { min, max, start }: ControllerBounds,
  { action, factor }: Step,
  bottleneck: Bottleneck,
): Decision {
  const turnover = mean(state.recentlyActive.slice(-5)) / Math.max(1, mean(state.admitted.slice(-5)));
  const sessionSeconds = Math.min(state.meanSessionSeconds, Math.max(SESSION_SECONDS.min, turnover));
  const rate = (1.25 * state.window) / sessionSeconds + Math.max(0, factor - 1) * state.window;
  const limit = clamp(Math.ceil(inactive + state.window), min, max);
  return { limit, rate: Math.max(isIdle(state) ? start : min, rate), action, bottleneck, state };
}
