const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 2_000;

/** What becomes of an event after a failed try. */
export type RetryDecision = 'again' | 'dlq' | 'give up';

export interface RetrySettings {
  /** Tries before an event goes to the DLQ. */
  EVENT_MAX_ATTEMPTS: number;
  /** Tries from the DLQ before it goes to the permanent one. */
  EVENT_DLQ_MAX_ATTEMPTS: number;
  /** Pause before each try from the DLQ. */
  EVENT_DLQ_RETRY_DELAY_MS: number;
}

/** first tries, a short backoff between them → DLQ, tries far apart → permanent DLQ. The same with and without Kafka. */
export class RetryPolicy {
  constructor(private readonly settings: RetrySettings) {}

  get dlqPauseMs(): number {
    return this.settings.EVENT_DLQ_RETRY_DELAY_MS;
  }

  /** Tries that an event in the DLQ has had at least. */
  get firstTries(): number {
    return this.settings.EVENT_MAX_ATTEMPTS;
  }

  /** @param attempts failed tries so far, at least 1 */
  after(attempts: number): RetryDecision {
    if (attempts < this.settings.EVENT_MAX_ATTEMPTS) return 'again';
    return attempts < this.settings.EVENT_MAX_ATTEMPTS + this.settings.EVENT_DLQ_MAX_ATTEMPTS
      ? 'dlq'
      : 'give up';
  }

  /** Pause before the next of the first tries. */
  backoffMs(attempts: number): number {
    return Math.min(FIRST_BACKOFF_MS * 2 ** (attempts - 1), LONGEST_BACKOFF_MS);
  }
}
