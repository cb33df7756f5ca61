export type BreakerState = 'closed' | 'open' | 'half_open';

/** `late`: the call began in an earlier state, or before a reset, so its end counts for nothing, however it ended. */
export type BreakerOutcome = 'success' | 'failure' | 'ignored' | 'timeout' | 'refused' | 'late';

/** Called once for each call when it ends and for each change of state. What it throws becomes a process warning. */
export interface BreakerListener {
  onOutcome(name: string, outcome: BreakerOutcome): void;
  onState(name: string, state: BreakerState): void;
}

/** Keeps a faulty listener from changing the fate of a call. */
export function harmless(listener: BreakerListener): BreakerListener {
  return {
    onOutcome(name, outcome) {
      try {
        listener.onOutcome(name, outcome);
      } catch (error) {
        warn(name, error);
      }
    },
    onState(name, state) {
      try {
        listener.onState(name, state);
      } catch (error) {
        warn(name, error);
      }
    },
  };
}

function warn(name: string, error: unknown): void {
  process.emitWarning(`The listener of breaker ${name} threw: ${String(error)}`);
}
