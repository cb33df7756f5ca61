/**
 * The process clocks. Expiry of holds, leases and tokens is never decided here: the database (NOW(3)) and Redis
 * (TIME) have one clock for all replicas.
 */

/** Milliseconds of a clock that never steps back; for durations. */
export const monotonicMs = (): number => performance.now();

/** This machine's wall clock as it was at the start of the process, in Unix ms; for what no store can decide yet. */
export const processTimeMs = (): number => performance.timeOrigin + performance.now();
