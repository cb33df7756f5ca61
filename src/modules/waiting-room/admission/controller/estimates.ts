import type { ControllerBounds, ControllerState, Occupancy } from './decision';
import type { Signals } from '../signals';
import { UNDO_EVERY } from './stall';
import { clamp, mean, sum } from './statistics';
import {
  BASELINE_GROWTH,
  MEAN_MIN_WRITES,
  RECENT_SECONDS,
  RETURNING_SHARE,
  SECONDS_KEPT,
  SESSION_SECONDS,
  STALLED_SECONDS_SHARE,
} from './tuning';

export const newControllerState = ({ start }: ControllerBounds): ControllerState => ({
  second: 0,
  window: start,
  threshold: null,
  ceiling: null,
  beforeBreach: null,
  undoneAt: -UNDO_EVERY,
  meanSessionSeconds: SESSION_SECONDS.first,
  baselineLatencyMs: null,
  cooldownFrom: 0,
  cooldownUntil: 0,
  cooldownAfter: 'hold',
  busyAt: 0,
  lastWaitingAt: -RECENT_SECONDS,
  recentlyActive: [],
  active: [],
  admitted: [],
  requests: [],
  served: [],
  loads: [],
  pressures: [],
  writes: [],
});

/** Rounded, because the state travels as text. */
export const appendSample = (values: number[], value: number): number[] =>
  [...values, Math.round(value * 1000) / 1000].slice(-SECONDS_KEPT);

export function meanLatency(writes: ControllerState['writes']): { count: number; ms: number } {
  const count = sum(writes.map(([each]) => each));
  return { count, ms: sum(writes.map(([, spent]) => spent)) / Math.max(1, count) };
}

/** The state after another second: samples, the length of a session, the baseline latency and the load. */
export function updateEstimates(
  before: ControllerState,
  signals: Signals | undefined,
  { waiting, active, admitted }: Occupancy,
  recentlyActive: number,
): ControllerState {
  const second = before.second + 1;
  const state: ControllerState = {
    ...before,
    second,
    lastWaitingAt: waiting > 0 ? second : before.lastWaitingAt,
    recentlyActive: appendSample(before.recentlyActive, recentlyActive),
    active: appendSample(before.active, active),
    admitted: appendSample(before.admitted, admitted),
  };
  // While no request is answered, nobody can leave: such a second says nothing about the length of a session.
  const isStill = (signals?.requests ?? 0) === 0 && recentlyActive > 0;
  if (!isStill) {
    const longestKnown = Math.min(SESSION_SECONDS.max, SESSION_SECONDS.first + second); // not observed for longer yet
    const observed = clamp(sessionSeconds(before, state, active), SESSION_SECONDS.min, longestKnown);
    state.meanSessionSeconds += (observed - state.meanSessionSeconds) / 8;
  }
  return signals === undefined ? state : updateLoad(state, before, signals);
}

/** The length of a session by Little's law: users present over users who leave per second. */
function sessionSeconds(before: ControllerState, state: ControllerState, active: number): number {
  const seconds = Math.min(5, before.active.length);
  const change = active - (state.active.at(-1 - seconds) ?? 0);
  const left = sum(state.admitted.slice(-seconds || undefined)) - change;
  const present =
    (1 - RETURNING_SHARE) * mean(state.recentlyActive.slice(-5)) +
    RETURNING_SHARE * mean(state.active.slice(-5));
  return present / Math.max(0.5, left / Math.max(1, seconds));
}

/** Load as in Gradient2: 1 − baseline latency / latency; or the connections' share of time in use, if that is more. */
function updateLoad(state: ControllerState, before: ControllerState, signals: Signals): ControllerState {
  const { requests, failed, writes: count, writesMs, poolBusy } = signals;
  const latest: [number, number] = [count, writesMs];
  const writes = [...before.writes, latest].slice(-3);
  const { count: seen, ms } = meanLatency(writes);
  const isKnown = seen >= MEAN_MIN_WRITES;
  const { baselineLatencyMs: known } = state;
  const baselineLatencyMs = isKnown ? Math.min((known ?? ms) * BASELINE_GROWTH, ms) : known;
  const waits = isKnown && baselineLatencyMs !== null ? 1 - baselineLatencyMs / ms : 0;
  return {
    ...state,
    writes,
    baselineLatencyMs,
    requests: appendSample(before.requests, requests),
    served: appendSample(before.served, requests - failed),
    loads: appendSample(before.loads, Math.max(waits, poolBusy)),
  };
}

/** Seconds until a step has shown its effect. Users who only read have shown it at once. */
export const delayOf = ({ meanSessionSeconds, writes }: ControllerState): number =>
  writes.every(([count]) => count === 0) ? 3 : Math.max(3, Math.round(meanSessionSeconds * 0.8));

/** The load that the present users produce: as it was in most seconds since they came. The others may be stalls of the database. */
export function loadOf(state: ControllerState): number {
  const delay = delayOf(state);
  const descending = state.loads.slice(-delay).sort((a, b) => b - a);
  return Math.max(0.02, descending[Math.max(1, Math.floor(STALLED_SECONDS_SHARE * delay))] ?? 0);
}
