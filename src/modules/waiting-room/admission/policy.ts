import type { Config } from '../../../config/config';
import type { ControllerBounds } from './controller/decision';
import { clamp } from './controller/statistics';
import { START_ACTIVE_PER_CONNECTION } from './controller/tuning';

/** The admission limit as the scripts take it: a number, or the controller's, with this one until it has decided. */
export type ScriptLimit = number | `auto:${number}`;

/** Where a queue's admission limit comes from when no operator override is set. */
export interface AdmissionPolicy {
  readonly scriptLimit: ScriptLimit;
  /** The bounds of the controller; undefined: there is no controller. */
  readonly bounds: ControllerBounds | undefined;
}

export class FixedLimit implements AdmissionPolicy {
  readonly bounds = undefined;
  constructor(readonly scriptLimit: number) {}
}

/** As many as are served within the objective: controller.ts decides once a second, in one process for all. */
export class AdaptiveLimit implements AdmissionPolicy {
  constructor(private readonly configured: ControllerBounds) {
    this.bounds = configured;
  }

  bounds: ControllerBounds;

  get scriptLimit(): ScriptLimit {
    return `auto:${this.bounds.start}`;
  }

  /** Begins with what a rehearsal has shown. @param users active at once; undefined: with what is configured */
  startAt(users: number | undefined): void {
    const { min, max, start } = this.configured;
    this.bounds = { ...this.configured, start: clamp(users ?? start, min, max) };
  }
}

export function controllerBounds(config: Config): ControllerBounds {
  const [min, max] = [config.QUEUE_AUTO_MIN_ACTIVE, config.QUEUE_AUTO_MAX_ACTIVE];
  const known = config.QUEUE_AUTO_START_ACTIVE;
  const start = known === 'auto' ? START_ACTIVE_PER_CONNECTION * config.DATABASE_POOL_MAX : known;
  return { targetP99Ms: config.QUEUE_AUTO_TARGET_P99_MS, min, max, start: clamp(start, min, max) };
}

/** What Redis holds of a queue's admission; undefined: not set. */
export interface AdmissionState {
  /** Set by the controller. */
  autoLimit: number | undefined;
  autoRate: number | undefined;
  lastDecision: string | undefined;
  /** Set by the operator. */
  overrideLimit: number | undefined;
  overrideRate: number | undefined;
  paused: boolean;
  /** The limit in force at the last admission. */
  limitAtAdmission: number | undefined;
  /**
   * `<since>:<opened>`, milliseconds of Redis' clock: entries are collected for the opening since then, and the queue had
   * opened at that time before (0: it had no opening). A token whose wait was over by then has no part in the opening.
   */
  collectsSince: string | undefined;
  /** Admission starts at this time, milliseconds of Redis' clock; 0: it has started. */
  opensAt: number | undefined;
  /** True while the order of the registered entries has still to be drawn: until then nobody is admitted. */
  drawing: boolean;
  /** `<first>:<last>`: the registration has closed, and the entries of (first, last] take part in the draw. */
  cut: string | undefined;
  /** The draws that were made (opening/draws.ts). */
  draws: string | undefined;
}

export const INITIAL_ADMISSION_STATE: AdmissionState = {
  autoLimit: undefined,
  autoRate: undefined,
  lastDecision: undefined,
  limitAtAdmission: undefined,
  overrideLimit: undefined,
  overrideRate: undefined,
  paused: false,
  collectsSince: undefined,
  opensAt: undefined,
  drawing: false,
  cut: undefined,
  draws: undefined,
};

/** The limits in force: the override, else the controller's, else the fixed one; the same rule as lua/include/limits.lua. */
export interface EffectiveLimits {
  activeLimit: number;
  /** Admissions a second; undefined: no limit. */
  rateLimit: number | undefined;
  paused: boolean;
  /**
   * `operator` with any override: of the limit, of the rate, or a pause. A leaf of the transparency log names who has set
   * the limit alone.
   */
  source: 'operator' | 'auto' | 'fixed';
}

export function effectiveLimits(policy: AdmissionPolicy, state: AdmissionState): EffectiveLimits {
  const { bounds } = policy;
  const ownLimit = bounds === undefined ? Number(policy.scriptLimit) : (state.autoLimit ?? bounds.start);
  const ownRate = bounds === undefined ? undefined : state.autoRate;
  const isOverridden = state.paused || state.overrideLimit !== undefined || state.overrideRate !== undefined;
  const ownSource = bounds === undefined ? 'fixed' : 'auto';
  return {
    activeLimit: state.overrideLimit ?? ownLimit,
    rateLimit: state.overrideRate ?? ownRate,
    paused: state.paused,
    source: isOverridden ? 'operator' : ownSource,
  };
}

export const OPERATOR_COMMANDS = ['pause', 'resume', 'limit', 'rate', 'auto'] as const;
export type OperatorCommand = (typeof OPERATOR_COMMANDS)[number];
