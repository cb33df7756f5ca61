import type { Config } from '../../config/config';
import type { QueueRules } from './state/store';

/** A copy of the queue is refreshed, a stream looked at and what was seen told: 500, 500 and 1000 ms at most. */
const HEARD_AFTER_MS = 2000;

/** The rules of all queues. What a process sees the store hears later: times that it ends are so much longer. */
export function queueRules(config: Config): QueueRules {
  const idleMs = config.QUEUE_IDLE_TIMEOUT_SECONDS * 1000;
  return {
    sessionMs: config.QUEUE_SESSION_SECONDS * 1000,
    maxWaitMs: config.QUEUE_MAX_WAIT_SECONDS * 1000,
    idleTimeoutMs: idleMs === 0 ? 0 : idleMs + HEARD_AFTER_MS,
    presenceTimeoutMs: config.QUEUE_PRESENCE_TIMEOUT_SECONDS * 1000 + HEARD_AFTER_MS,
    admissionIntervalMs: config.QUEUE_ADMISSION_INTERVAL_MS,
    holdMs: config.HOLD_SECONDS * 1000,
    holdRequestMs: config.DATABASE_ACQUIRE_TIMEOUT_MS + config.DATABASE_TIMEOUT_MS,
  };
}
