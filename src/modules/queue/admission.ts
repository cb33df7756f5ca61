import type { Limits } from './controller';

/** How many visitors may be inside, as the scripts take it: a number, or as many as the controller says. */
export type ScriptCap = number | `auto:${number}`;

/** Decides how many visitors may be inside. */
export interface AdmissionPolicy {
  readonly cap: ScriptCap;
  /** Within which the controller decides; undefined: it does not. */
  readonly limits: Limits | undefined;
}

export class FixedCap implements AdmissionPolicy {
  readonly limits = undefined;
  constructor(readonly cap: number) {}
}

/** As many as are served within the objective: decided by controller.ts, once a second, by one process for all. */
export class AdaptiveCap implements AdmissionPolicy {
  readonly cap: ScriptCap;
  constructor(readonly limits: Limits) {
    this.cap = `auto:${limits.least}`;
  }
}

/** What Redis holds of the door; undefined: not set. */
export interface DoorState {
  /** The controller's. */
  cap: number | undefined;
  rate: number | undefined;
  said: string | undefined;
  /** The operator's. */
  handCap: number | undefined;
  handRate: number | undefined;
  paused: boolean;
  /** In force when the last visitor was let in. */
  capAt: number | undefined;
}

export const UNTOUCHED: DoorState = {
  ...{ cap: undefined, rate: undefined, said: undefined, capAt: undefined },
  ...{ handCap: undefined, handRate: undefined, paused: false },
};

/** What is in force: the operator's hand, else the controller's, else the fixed cap; the same rule as in place.lua. */
export interface Door {
  cap: number;
  /** Admissions a second; undefined: no limit. */
  rate: number | undefined;
  paused: boolean;
  by: 'hand' | 'auto' | 'fixed';
}

export function doorInForce(policy: AdmissionPolicy, state: DoorState): Door {
  const { limits } = policy;
  const own = limits === undefined ? Number(policy.cap) : (state.cap ?? limits.least);
  const isByHand = state.paused || state.handCap !== undefined || state.handRate !== undefined;
  return {
    cap: state.handCap ?? own,
    rate: state.handRate ?? (limits === undefined ? undefined : state.rate),
    paused: state.paused,
    by: isByHand ? 'hand' : limits === undefined ? 'fixed' : 'auto',
  };
}

export const HAND_ACTS = ['pause', 'resume', 'cap', 'rate', 'auto'] as const;
export type HandAct = (typeof HAND_ACTS)[number];
