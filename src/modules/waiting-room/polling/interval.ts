const MIN_MS = 1000;
/** How far an interval may be from the intended one, as a share of it. */
export const JITTER = 0.1;

export interface PollingOptions {
  /** Most polls per second of all waiting users together, over all processes. */
  maxPerSecond: number;
  presenceTimeoutMs: number;
}

/**
 * When a waiting user should poll again, on average: after a tenth of the time in which the turn can come at the
 * soonest. That is often near the head, where news matters, and seldom far behind. All users together never poll more
 * than `maxPerSecond` times a second. Half of that budget goes to the front (a poll a second each), a quarter to those
 * behind in equal parts, and a quarter in parts that shrink with the position: an interval in proportion to the position
 * ends before the turn comes, as long as the queue moves slower than maxPerSecond / (4 ln(waiting / front)) entries a
 * second (less the jitter). With equal parts alone, a million users would learn of their turn long after it was passed
 * on. An interval longer than a third of `presenceTimeoutMs` lengthens the presence epoch (lua/admit-4.lua), so that a
 * user who polls in time is never passed over.
 */
export function pollAfterMs(
  position: number,
  waiting: number,
  soonestSeconds: number,
  { maxPerSecond, presenceTimeoutMs }: PollingOptions,
): number {
  const front = maxPerSecond / 2;
  const longestMs = untilNextPresenceMs(presenceTimeoutMs);
  const intendedMs = Math.max(Math.min(soonestSeconds * 100, longestMs), MIN_MS);
  if (position <= front) return Math.floor(intendedMs);
  const total = Math.max(waiting, position); // users who have just come are not in the snapshot yet
  const perSecond = maxPerSecond / 4;
  const equalParts = (total - front) / perSecond;
  const byPosition = (position * Math.log(total / front)) / perSecond; // the sum of 1/p from a to b is at most ln(b/a)
  return Math.ceil(Math.max(intendedMs, Math.min(equalParts, byPosition) * 1000));
}

/** Longest interval that keeps an entry present: three of them, jitter included, fit into the presence time-out. */
const untilNextPresenceMs = (presenceTimeoutMs: number): number => presenceTimeoutMs / 3 / (1 + JITTER);

/** When a client that reads the status should report its presence again; near the head it need not be more frequent. */
export const presenceAfterMs = (pollAfterMs: number, { presenceTimeoutMs }: PollingOptions): number =>
  Math.max(pollAfterMs, Math.floor(untilNextPresenceMs(presenceTimeoutMs)));

/**
 * When to read the status of the queue again. A poll may wait for minutes far behind, because each one costs the service
 * work and all share its budget. A status is one text for everybody, which a cache carries, so a longer wait would save
 * nothing: the reader would only see late that admission has become faster or that everything is sold.
 * @param maxIntervalMs the longest interval, jitter included
 */
export const statusAfterMs = (pollAfterMs: number, maxIntervalMs: number): number =>
  Math.min(pollAfterMs, Math.floor(maxIntervalMs / (1 + JITTER)));

/**
 * The interval of one client: without jitter, clients that came at one instant would poll at one instant each time.
 * It is never less than a second, and on average the intended one or a little more, so the budget holds.
 * @param draw from 0 to 1
 */
export function jittered(pollAfterMs: number, draw = Math.random()): number {
  const minMs = Math.max(pollAfterMs * (1 - JITTER), MIN_MS);
  return Math.round(minMs + draw * 2 * JITTER * pollAfterMs);
}
