import { inject, Lifecycle, scoped } from 'tsyringe';
import { CONFIG, type Config } from '../../../config/config';
import { MalformedEvent } from '../errors';

const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2_000;

/** What becomes of an event after a failed attempt. */
export type RetryDecision = 'retry' | 'dlq' | 'give up';

export type RetrySettings = Pick<
  Config,
  'EVENT_MAX_ATTEMPTS' | 'EVENT_DLQ_MAX_ATTEMPTS' | 'EVENT_DLQ_RETRY_DELAY_MS'
>;

/**
 * First attempts with a short backoff between them → DLQ, attempts far apart → permanent DLQ. The same with and
 * without Kafka.
 */
@scoped(Lifecycle.ContainerScoped)
export class RetryPolicy {
  constructor(@inject(CONFIG) private readonly settings: RetrySettings) {}

  /** Pause before each attempt from the DLQ. */
  get dlqDelayMs(): number {
    return this.settings.EVENT_DLQ_RETRY_DELAY_MS;
  }

  /** Attempts that an event in the DLQ has had at least. */
  get firstAttempts(): number {
    return this.settings.EVENT_MAX_ATTEMPTS;
  }

  /** @param attempts failed ones so far, at least 1 */
  decide(error: unknown, attempts: number): RetryDecision {
    if (error instanceof MalformedEvent) return 'give up';
    const { EVENT_MAX_ATTEMPTS, EVENT_DLQ_MAX_ATTEMPTS } = this.settings;
    if (attempts < EVENT_MAX_ATTEMPTS) return 'retry';
    return attempts < EVENT_MAX_ATTEMPTS + EVENT_DLQ_MAX_ATTEMPTS ? 'dlq' : 'give up';
  }

  /** Pause before the next of the first attempts. */
  backoffMs(attempts: number): number {
    return Math.min(FIRST_BACKOFF_MS * 2 ** (attempts - 1), MAX_BACKOFF_MS);
  }
}
