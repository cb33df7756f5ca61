import { decide, newControllerState, type Signals } from './product.ts';

export interface Occupancy {
  waiting: number;
  active: number;
  inactive: number;
  admitted: number;
}

export interface Decision {
  limit: number;
  rate: number;
  action: string;
}

/** Decides once a second, by what the second before has shown. */
export type Policy = (signals: Signals | undefined, occupancy: Occupancy) => Decision;

export const fixedLimit = (limit: number): Policy => {
  const decision = { limit, rate: Infinity, action: '' };
  return () => decision;
};

/** The product's controller, with the bounds of `npm start`. */
export function adaptiveLimit(limits = { targetP99Ms: 200, min: 30, max: 1_000_000, start: 320 }): Policy {
  let state = newControllerState(limits);
  return (signals, occupancy) => {
    const decision = decide(state, signals, occupancy, limits);
    state = decision.state;
    const { limit, rate, action, bottleneck } = decision;
    return { limit, rate, action: `${action}:${bottleneck}` };
  };
}
