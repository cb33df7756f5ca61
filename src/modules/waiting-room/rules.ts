import type { Config } from '../../config/config';
import { databaseRequestMs } from '../../config/database-times';

export interface QueueRules {
  sessionMs: number;
  maxWaitMs: number;
  /** 0: active users are never idle. */
  idleTimeoutMs: number;
  /** A user stays present for at least this long after the store has heard of a poll. */
  presenceTimeoutMs: number;
  admissionIntervalMs: number;
  /** How long a hold lasts; a queue that sells nothing has no holds. */
  holdMs?: number;
  /** Length of the one extension of a hold. */
  holdExtensionMs?: number;
  /** Within how long a hold is made or refused. */
  holdRequestMs?: number;
  /** False: no transparency log is kept. */
  isLogged?: boolean;
}

/** A snapshot is refreshed every 500 ms, a stream updated every 500 ms, presence flushed every 1000 ms, at most. */
const REPORT_DELAY_MS = 2000;

/** The rules of all queues. A process reports what it sees with a delay, by which the time-outs are longer. */
export function queueRules(config: Config): QueueRules {
  const idleMs = config.QUEUE_IDLE_TIMEOUT_SECONDS * 1000;
  return {
    sessionMs: config.QUEUE_SESSION_SECONDS * 1000,
    maxWaitMs: config.QUEUE_MAX_WAIT_SECONDS * 1000,
    idleTimeoutMs: idleMs === 0 ? 0 : idleMs + REPORT_DELAY_MS,
    presenceTimeoutMs: config.QUEUE_PRESENCE_TIMEOUT_SECONDS * 1000 + REPORT_DELAY_MS,
    admissionIntervalMs: config.QUEUE_ADMISSION_INTERVAL_MS,
    holdMs: config.HOLD_SECONDS * 1000,
    holdExtensionMs: config.HOLD_EXTENSION_SECONDS * 1000,
    holdRequestMs: databaseRequestMs(config),
    isLogged: config.TRANSPARENCY === 'on',
  };
}
