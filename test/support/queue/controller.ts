import { decide } from '../../../src/modules/waiting-room/admission/controller/controller';
import type {
  ControllerState,
  Decision,
  Occupancy,
} from '../../../src/modules/waiting-room/admission/controller/decision';
import { newControllerState } from '../../../src/modules/waiting-room/admission/controller/estimates';
import {
  recordRequest,
  type Signals,
  emptySignals,
} from '../../../src/modules/waiting-room/admission/signals';

export const LIMITS = { targetP99Ms: 200, min: 30, max: 5000, start: 30 };

/** A second in which `requests` requests were answered in `ms` each, with the other signals as given. */
export function second({
  ms = 1,
  requests = 500,
  ...rest
}: Partial<Signals> & { ms?: number } = {}): Signals {
  const signals = emptySignals();
  for (let i = 0; i < requests; i++) recordRequest(signals, ms, false, false);
  return { ...signals, ...rest };
}

/** How far a wait is over its objective. */
export const pressed = (share: number): Signals => second({ poolWaitMs: share * LIMITS.targetP99Ms });

/** `recentlyActive` users are active, as many come as go, so that each stays for `meanSessionSeconds`. */
export const steady = (
  recentlyActive: number,
  meanSessionSeconds = 8,
  more: Partial<Occupancy> = {},
): Occupancy => ({
  waiting: 10_000,
  active: recentlyActive,
  inactive: 0,
  admitted: recentlyActive / meanSessionSeconds,
  ...more,
});

/** The state after a minute of this occupancy. */
export function settled(
  { active, inactive, admitted }: Occupancy,
  more: Partial<ControllerState> = {},
): ControllerState {
  const minute = (value: number): number[] => Array<number>(60).fill(value);
  const recentlyActive = active - inactive;
  return {
    ...newControllerState(LIMITS),
    second: 100,
    window: recentlyActive,
    meanSessionSeconds: (0.7 * recentlyActive + 0.3 * active) / admitted,
    recentlyActive: minute(recentlyActive),
    active: minute(active),
    admitted: minute(admitted),
    requests: minute(500),
    served: minute(500),
    loads: minute(0),
    pressures: minute(0),
    writes: Array<[number, number]>(3).fill([1, 1]),
    ...more,
  };
}

export const FULL = steady(800);
export const at = (state: ControllerState, signals: Signals | undefined, occupancy = FULL): Decision =>
  decide(state, signals, occupancy, LIMITS);
