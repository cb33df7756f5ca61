/** Latencies are counted in buckets whose bounds grow by a tenth: a quantile is right to 5 %, and processes' counts add up. */
const GROWTH = Math.log(1.1);
const MIN_MS = 0.1;

/** Measurements of the requests of active users in the last second, of one process or merged over all. */
export interface Signals {
  /** Requests by bucket of their latency. */
  buckets: Record<number, number>;
  requests: number;
  /** Answered 5xx, including requests that were shed. */
  failed: number;
  /** Successful requests that use the database each time, and how long they took together. */
  writes: number;
  writesMs: number;
  /** Longest wait for a database connection. */
  poolWaitMs: number;
  /** Share of the time in which a database connection was in use, 0 to 1. */
  poolBusy: number;
  /** p99 of the event loop's delay. */
  loopDelayMs: number;
  inFlight: number;
  /** A circuit breaker is not closed. */
  breakerOpen: boolean;
}

export const emptySignals = (): Signals => ({
  buckets: {},
  requests: 0,
  failed: 0,
  writes: 0,
  writesMs: 0,
  poolWaitMs: 0,
  poolBusy: 0,
  loopDelayMs: 0,
  inFlight: 0,
  breakerOpen: false,
});

const bucketOf = (ms: number): number => Math.ceil(Math.log(Math.max(ms, MIN_MS) / MIN_MS) / GROWTH);

export function recordRequest(signals: Signals, ms: number, failed: boolean, isWrite: boolean): void {
  const bucket = bucketOf(ms);
  signals.buckets[bucket] = (signals.buckets[bucket] ?? 0) + 1;
  signals.requests += 1;
  if (failed) signals.failed += 1;
  else if (isWrite) {
    signals.writes += 1;
    signals.writesMs += ms;
  }
}

/** All processes as one: counts add up, the longest of the waits counts, and one open breaker is enough. */
export function mergeSignals(all: Signals[]): Signals {
  const sum = emptySignals();
  for (const one of all) {
    for (const [bucket, count] of Object.entries(one.buckets))
      sum.buckets[Number(bucket)] = (sum.buckets[Number(bucket)] ?? 0) + count;
    sum.requests += one.requests;
    sum.failed += one.failed;
    sum.writes += one.writes;
    sum.writesMs += one.writesMs;
    sum.poolWaitMs = Math.max(sum.poolWaitMs, one.poolWaitMs);
    sum.poolBusy = Math.max(sum.poolBusy, one.poolBusy);
    sum.loopDelayMs = Math.max(sum.loopDelayMs, one.loopDelayMs);
    sum.inFlight += one.inFlight;
    sum.breakerOpen ||= one.breakerOpen;
  }
  return sum;
}

/** The latency that a share of the requests does not exceed, ms; 0 without requests. */
export function quantileMs({ buckets, requests }: Signals, share: number): number {
  const ascending = Object.keys(buckets)
    .map(Number)
    .sort((a, b) => a - b);
  let count = 0;
  for (const bucket of ascending) {
    count += buckets[bucket] ?? 0;
    if (count >= requests * share) return MIN_MS * Math.exp((bucket - 0.5) * GROWTH);
  }
  return 0;
}
