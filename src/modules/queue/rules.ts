import type { Config } from '../../config';
import type { QueueRules } from './store';

/** A copy of the queue is refreshed, a stream looked at and what was seen told: 500, 500 and 1000 ms at most. */
const HEARD_AFTER_MS = 2000;

/** The rules of all queues. What a process sees the store hears later: times that it ends are so much longer. */
export function queueRules(config: Config): QueueRules {
  const idleMs = config.QUEUE_IDLE_SECONDS * 1000;
  return {
    leaseMs: config.QUEUE_LEASE_SECONDS * 1000,
    waitMs: config.QUEUE_WAIT_SECONDS * 1000,
    idleMs: idleMs === 0 ? 0 : idleMs + HEARD_AFTER_MS,
    awayMs: config.QUEUE_AWAY_SECONDS * 1000 + HEARD_AFTER_MS,
    tickMs: config.QUEUE_TICK_MS,
    holdMs: config.HOLD_SECONDS * 1000,
    holdingMs: config.DATABASE_ACQUIRE_MS + config.DATABASE_TIMEOUT_MS,
  };
}
