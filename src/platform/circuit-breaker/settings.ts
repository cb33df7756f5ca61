export interface BreakerSettings {
  /** How many of the last outcomes are remembered. */
  readonly window: number;
  /** No rate is computed before this many outcomes. */
  readonly minimumCalls: number;
  /** Opens at this rate or above, percent. */
  readonly failureRateThreshold: number;
  /** How long calls are refused before the trial. */
  readonly openMs: number;
  /** How many calls the trial admits; their failure rate is the verdict. */
  readonly halfOpenCalls: number;
  /** Limit of a call that names none, 1 to 2^31-1. */
  readonly timeoutMs?: number;
}

/** `study`: as the load study set it. `tuned`: as it was after the study's improvements. */
export const breakerPresets = {
  study: { window: 100, minimumCalls: 50, failureRateThreshold: 50, openMs: 30_000, halfOpenCalls: 10 },
  tuned: { window: 200, minimumCalls: 50, failureRateThreshold: 80, openMs: 10_000, halfOpenCalls: 10 },
} as const satisfies Record<string, BreakerSettings>;
