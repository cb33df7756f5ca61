import type { Action, ControllerBounds, ControllerState } from './decision';
import { growthOf, isLimitBinding } from './growth';
import { servedShare } from './pressure';
import type { Signals } from '../signals';
import { clamp, medianOfThree } from './statistics';
import { BACK_OFF_FACTOR, DECREASE_FACTOR, TARGET_PRESSURE } from './tuning';

/** An action, and the factor by which it changes the window. */
export interface Step {
  action: Action;
  factor: number;
}

/** @param pressure of this second; 1 and more is a breach */
export function nextStep(
  state: ControllerState,
  signals: Signals,
  pressure: number,
  { targetP99Ms, min }: ControllerBounds,
): Step {
  const { second, cooldownUntil, cooldownFrom, cooldownAfter, pressures } = state;
  const wasBreached = (secondsAgo: number): boolean => (pressures.at(-1 - secondsAgo) ?? 0) >= 1;
  const isLasting = wasBreached(1);
  const completesBackOff = isLasting && !wasBreached(2) && second === cooldownFrom + 1;
  const isCoolingDown = second < cooldownUntil;
  if (pressure >= 1 && (!isCoolingDown || completesBackOff || cooldownAfter === 'decrease'))
    return {
      action: 'back-off',
      factor: backOffFactor(signals, targetP99Ms, { isLasting, completesBackOff }),
    };
  if (isCoolingDown) return { action: 'hold', factor: 1 };
  const median = medianOfThree(pressures.slice(-3));
  if (median >= TARGET_PRESSURE) return { action: 'decrease', factor: DECREASE_FACTOR };
  if (!isLimitBinding(state)) return { action: 'hold', factor: 1 };
  return { action: 'increase', factor: growthOf(state, median, min) };
}

/** A breach takes as much as was too much: by a fifth at most in its first second, by the rest in the next one. */
function backOffFactor(
  signals: Signals,
  targetP99Ms: number,
  { isLasting, completesBackOff }: { isLasting: boolean; completesBackOff: boolean },
): number {
  const { first, min, max } = BACK_OFF_FACTOR;
  const served = servedShare(signals, targetP99Ms);
  if (completesBackOff) return clamp(served / first, min / first, max);
  return clamp(served, isLasting ? min : first, max);
}
