import { z } from 'zod';

const Count = z.number().min(0);

/** What a process has seen of the requests of active users; admission/signals.ts. */
const Signals = z.object({
  buckets: z.record(z.string(), Count),
  requests: Count,
  failed: Count,
  writes: Count,
  writesMs: Count,
  poolWaitMs: Count,
  poolBusy: Count,
  loopDelayMs: Count,
  inFlight: Count,
  breakerOpen: z.boolean(),
});

/** How one process is. Times are Redis' clock, milliseconds. */
export const ProcessReport = z.object({
  id: z.string(),
  role: z.string(),
  atMs: z.number(),
  startedAtMs: z.number(),
  /** Of the last SIGNAL_SECONDS; null in a process that answers no users. */
  signals: Signals.nullable(),
  breakers: z.record(z.string(), z.enum(['closed', 'open', 'half_open'])),
  pool: z.object({ open: Count, inUse: Count, waiting: Count, max: Count }),
  shedPerSecond: Count,
  /** By queue: by which waits have differed from the estimates. */
  etaBands: z.record(z.string(), z.object({ low: z.number(), high: z.number() })),
  /** Of the worker that delivers events. */
  outbox: z.object({ backlog: Count, oldestSeconds: Count }).nullable(),
  /** Of the worker that checks the invariants; `checkedAtMs` is Unix time. */
  invariants: z.object({ broken: z.record(z.string(), Count), checkedAtMs: z.number() }).nullable(),
});
export type ProcessReport = z.infer<typeof ProcessReport>;
