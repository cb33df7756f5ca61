import type { ControllerBounds } from './controller';

/** How many visitors may be inside, as the scripts take it: a number, or as many as the controller says. */
export type ScriptLimit = number | `auto:${number}`;

/** Decides how many visitors may be inside. */
export interface AdmissionPolicy {
  readonly scriptLimit: ScriptLimit;
  /** Within which the controller decides; undefined: it does not. */
  readonly bounds: ControllerBounds | undefined;
}

export class FixedLimit implements AdmissionPolicy {
  readonly bounds = undefined;
  constructor(readonly scriptLimit: number) {}
}

/** As many as are served within the objective: decided by controller.ts, once a second, by one process for all. */
export class AdaptiveLimit implements AdmissionPolicy {
  readonly scriptLimit: ScriptLimit;
  constructor(readonly bounds: ControllerBounds) {
    this.scriptLimit = `auto:${bounds.min}`;
  }
}

/** What Redis holds of the door; undefined: not set. */
export interface AdmissionState {
  /** The controller's. */
  autoLimit: number | undefined;
  autoRate: number | undefined;
  lastDecision: string | undefined;
  /** The operator's. */
  overrideLimit: number | undefined;
  overrideRate: number | undefined;
  paused: boolean;
  /** In force when the last visitor was let in. */
  limitAtAdmission: number | undefined;
}

export const INITIAL_ADMISSION_STATE: AdmissionState = {
  ...{ autoLimit: undefined, autoRate: undefined, lastDecision: undefined, limitAtAdmission: undefined },
  ...{ overrideLimit: undefined, overrideRate: undefined, paused: false },
};

/** What is in force: the operator's hand, else the controller's, else the fixed cap; the same rule as in common.lua. */
export interface EffectiveLimits {
  activeLimit: number;
  /** Admissions a second; undefined: no limit. */
  rateLimit: number | undefined;
  paused: boolean;
  source: 'operator' | 'auto' | 'fixed';
}

export function effectiveLimits(policy: AdmissionPolicy, state: AdmissionState): EffectiveLimits {
  const { bounds } = policy;
  const own = bounds === undefined ? Number(policy.scriptLimit) : (state.autoLimit ?? bounds.min);
  const isByHand = state.paused || state.overrideLimit !== undefined || state.overrideRate !== undefined;
  return {
    activeLimit: state.overrideLimit ?? own,
    rateLimit: state.overrideRate ?? (bounds === undefined ? undefined : state.autoRate),
    paused: state.paused,
    source: isByHand ? 'operator' : bounds === undefined ? 'fixed' : 'auto',
  };
}

export const OPERATOR_COMMANDS = ['pause', 'resume', 'limit', 'rate', 'auto'] as const;
export type OperatorCommand = (typeof OPERATOR_COMMANDS)[number];
