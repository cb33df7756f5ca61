/** The breaker refused the call: the action was not called. */
export class CircuitOpen extends Error {
  override readonly name = 'CircuitOpen';
  constructor(
    readonly breaker: string,
    /** Milliseconds until trial calls are admitted; 0 while the trial has all its calls. */
    readonly retryAfterMs: number,
  ) {
    super(`Breaker ${breaker} is open.`);
  }
}

/** The action took longer than its limit. It is not cancelled: the caller no longer waits, and its result is ignored. */
export class CallTimedOut extends Error {
  override readonly name = 'CallTimedOut';
  constructor(
    readonly breaker: string,
    readonly timeoutMs: number,
  ) {
    super(`A call through breaker ${breaker} took longer than ${timeoutMs} ms.`);
  }
}
