import type { BeforeBreach } from './stall';

/** What the operator has configured. */
export interface ControllerBounds {
  /** The objective: p99 of the requests of active users. */
  targetP99Ms: number;
  min: number;
  max: number;
  /** The window at first, and how many users may come in a second while the backend is idle. */
  start: number;
}

/** The queue at the moment of a decision. */
export interface Occupancy {
  waiting: number;
  active: number;
  /** Active users without a request for INACTIVE_SECONDS. */
  inactive: number;
  /** Admitted since the last decision. */
  admitted: number;
}

/** Which signal is closest to its limit. */
export const BOTTLENECKS = [
  'latency',
  'failures',
  'pool',
  'event-loop',
  'breaker',
  'demand',
  'none',
] as const;
export type Bottleneck = (typeof BOTTLENECKS)[number];
export const ACTIONS = ['increase', 'hold', 'decrease', 'back-off', 'close'] as const;
export type Action = (typeof ACTIONS)[number];

/** What the controller keeps from one decision to the next. */
export interface ControllerState {
  second: number;
  /** How many recently active users may be active. */
  window: number;
  /** Beyond it growth is slow, because there was a breach. `null`: none is known. */
  threshold: number | null;
  /** The last breach caused by load: the window at that time, and when. Fast growth ends before it. */
  ceiling: { window: number; second: number } | null;
  /** How it was before the last breach that began in calm: the breach may turn out to have been a stall. */
  beforeBreach: BeforeBreach | null;
  /** When the decrease after a stall was last taken back. */
  undoneAt: number;
  /** Estimated length of a session, seconds. */
  meanSessionSeconds: number;
  /** Mean latency of a write when nothing waits, ms; `null`: none was seen. */
  baselineLatencyMs: number | null;
  cooldownFrom: number;
  cooldownUntil: number;
  /** The action that the cooldown follows. */
  cooldownAfter: Action;
  busyAt: number;
  /** The last time at which a user waited. */
  lastWaitingAt: number;
  /** Samples of the last seconds, the newest last. */
  recentlyActive: number[];
  active: number[];
  admitted: number[];
  requests: number[];
  /** Requests that succeeded. */
  served: number[];
  loads: number[];
  pressures: number[];
  writes: [count: number, ms: number][];
}

export interface Decision {
  /** Most active users. */
  limit: number;
  /** Most admissions a second. */
  rate: number;
  action: Action;
  bottleneck: Bottleneck;
  state: ControllerState;
}
