import CircuitBreaker from 'opossum';
import { EventEmitter } from 'node:events';
import { CallTimedOut, CircuitOpen } from './errors';
import { harmless, type BreakerListener, type BreakerState } from './listener';
import { OutcomeWindow } from './outcome-window';
import type { BreakerSettings } from './settings';

export { CallTimedOut, CircuitOpen } from './errors';
export type { BreakerListener, BreakerOutcome, BreakerState } from './listener';
export { breakerPresets, type BreakerSettings } from './settings';

const DEFAULT_TIMEOUT_MS = 2_000;

type Action = () => Promise<unknown>;
const invoke = (action: Action): Promise<unknown> => action();

/**
 * Resilience4j's COUNT_BASED circuit breaker (CircuitBreakerStateMachine), carried by opossum:
 *
 *   closed ── failure rate of the last `window` ≥ threshold, `minimumCalls` in ──▶ open
 *   open ── after `openMs` ──▶ half_open, which admits `halfOpenCalls` and refuses the rest
 *   half_open ── when all of those have ended: rate ≥ threshold ──▶ open, else ──▶ closed, window empty
 *
 * Ignored (business) errors are neither success nor failure; in half_open another trial call is admitted instead.
 * A call that passes its time limit is a failure, and the caller has `CallTimedOut` at once.
 *
 * Where it differs from Resilience4j:
 * - Resilience4j credits an outcome to whatever state it ends in, so a call begun long before can decide a trial.
 *   Here every change of state, or reset, starts a new generation, and a call of an earlier one ends as `late`: its caller
 *   has its result, the breaker doesn't count it.
 * - open → half_open comes by opossum's timer, as with automaticTransitionFromOpenToHalfOpenEnabled=true, and at
 *   `openMs` sharp, where Resilience4j by default waits for the first call after it.
 * - the trial's verdict always waits for all its calls, also when `minimumCalls` is smaller than their number.
 */
export class Breaker {
  private readonly options: CircuitBreaker.Options<[Action]>;
  private readonly circuit: CircuitBreaker<[Action]>;
  private readonly lastCalls: OutcomeWindow;
  private readonly trialCalls: OutcomeWindow;
  private readonly listener: BreakerListener | undefined;
  private outcomes: OutcomeWindow;
  private current: BreakerState = 'closed';
  private generation = 0;
  private trialPlaces = 0;
  private openUntil = 0;

  constructor(
    readonly name: string,
    private readonly settings: BreakerSettings,
    private readonly deps: { isIgnored: (error: unknown) => boolean; listener?: BreakerListener },
  ) {
    this.listener = deps.listener && harmless(deps.listener);
    const { window, minimumCalls, failureRateThreshold, openMs, halfOpenCalls } = settings;
    this.lastCalls = new OutcomeWindow(window, minimumCalls, failureRateThreshold);
    this.trialCalls = new OutcomeWindow(halfOpenCalls, halfOpenCalls, failureRateThreshold);
    this.outcomes = this.lastCalls;

    // opossum bounds each call in time, refuses while it is open, and times the wait. Its own verdicts go by time, so
    // they are switched off: no error fails it, and its statistics, which would keep every latency, count nothing.
    // Its trial admits a single call, so it is closed again when its trial begins: ours runs on the closed circuit.
    this.options = {
      name,
      resetTimeout: openMs,
      errorFilter: () => true,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: new EventEmitter(),
    };
    this.circuit = new CircuitBreaker(invoke, this.options);
    for (const event of ['fire', 'success', 'timeout']) this.circuit.removeAllListeners(event);

    this.circuit.on('open', () => {
      this.openUntil = performance.now() + openMs;
      this.enter('open');
    });
    this.circuit.on('halfOpen', () => this.beginTrial());
  }

  get state(): BreakerState {
    return this.current;
  }

  /** Milliseconds until the next trial call is let through; 0 unless open. */
  get retryAfterMs(): number {
    return this.current === 'open' ? Math.max(0, Math.ceil(this.openUntil - performance.now())) : 0;
  }

  /**
   * The action's result, or its error as it is; `timeoutMs` from 1 to 2^31-1.
   * @throws CircuitOpen without calling the action, CallTimedOut
   */
  async run<T>(
    action: () => Promise<T>,
    timeoutMs = this.settings.timeoutMs ?? DEFAULT_TIMEOUT_MS,
  ): Promise<T> {
    const generation = this.admit();
    // opossum reads its limit while fire() starts the call, and takes 0 for none.
    this.options.timeout = timeoutMs >= 1 ? timeoutMs : 1;
    try {
      const result = await this.circuit.fire(action);
      this.record(generation, 'success');
      return result as T;
    } catch (error) {
      if (!isTimeout(error)) {
        this.record(generation, this.isIgnored(error) ? 'ignored' : 'failure');
        throw error;
      }
      this.record(generation, 'timeout');
      throw new CallTimedOut(this.name, timeoutMs);
    }
  }

  /** Begins the trial `afterMs` after it has opened, for a caller that knows that what it guards answers (transitionToHalfOpenState). */
  tryEarly(afterMs: number): void {
    const isDue = this.retryAfterMs <= this.settings.openMs - afterMs;
    if (isDue && this.current === 'open' && !this.circuit.isShutdown) this.beginTrial();
  }

  /** Closes at once, for a caller that knows that the cause is gone (Resilience4j's transitionToClosedState). */
  close(): void {
    if (this.current === 'closed' || this.circuit.isShutdown) return;
    this.circuit.close();
    this.enter('closed', this.lastCalls);
  }

  /**
   * Closes, and forgets what it has seen also when it was closed, for a caller that knows that the cause was there and is
   * gone (Resilience4j's reset): failures of before must not open it by the next successes. Calls of before end as `late`.
   */
  reset(): void {
    if (this.circuit.isShutdown) return;
    this.close();
    this.generation += 1;
    this.lastCalls.reset();
  }

  /** Clears its timers. From then on it refuses every call; those in flight still end within their limit. */
  shutdown(): void {
    this.circuit.shutdown();
    this.current = 'open';
    this.openUntil = 0;
  }

  /** Decided before opossum, which would answer the same with a second error object for nothing. */
  private admit(): number {
    if (this.current === 'closed') return this.generation;
    if (this.current === 'half_open' && this.trialPlaces > 0) {
      this.trialPlaces -= 1;
      return this.generation;
    }
    this.listener?.onOutcome(this.name, 'refused');
    throw new CircuitOpen(this.name, this.retryAfterMs);
  }

  private record(generation: number, outcome: 'success' | 'failure' | 'ignored' | 'timeout'): void {
    if (generation !== this.generation) {
      this.listener?.onOutcome(this.name, 'late');
      return;
    }
    this.listener?.onOutcome(this.name, outcome);
    if (outcome === 'ignored') {
      this.trialPlaces += 1; // means nothing while closed: a trial sets its own number
      return;
    }
    const verdict = this.outcomes.record(outcome !== 'success');
    if (verdict === 'reached') this.circuit.open();
    else if (verdict === 'below' && this.current === 'half_open') this.close();
  }

  private beginTrial(): void {
    this.circuit.close();
    this.trialPlaces = this.settings.halfOpenCalls;
    this.enter('half_open', this.trialCalls);
  }

  private enter(state: BreakerState, outcomes?: OutcomeWindow): void {
    this.generation += 1;
    this.current = state;
    if (outcomes) {
      outcomes.reset();
      this.outcomes = outcomes;
    }
    this.listener?.onState(this.name, state);
  }

  /** An error that cannot be judged is a failure, and the caller gets the error itself. */
  private isIgnored(error: unknown): boolean {
    try {
      return this.deps.isIgnored(error);
    } catch {
      return false;
    }
  }
}

/** opossum's own timeout; a socket's ETIMEDOUT has the same code but not its mark. */
const isTimeout = (error: unknown): boolean =>
  error instanceof Error &&
  CircuitBreaker.isOurError(error) &&
  (error as NodeJS.ErrnoException).code === 'ETIMEDOUT';
