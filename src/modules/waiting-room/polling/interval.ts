const LEAST_MS = 1000;
/** How far an interval may be from what was meant, as a share of it. */
const JITTER = 0.1;

export interface PollingOptions {
  /** Most polls per second of all waiters together, over all replicas. */
  maxPerSecond: number;
  awayMs: number;
}

/**
 * When a waiter should ask again, on average: after a tenth of the time in which its turn can come at the soonest, so
 * often near the front, where news matters, seldom far behind, and never so often that all waiters together ask more than `maxPerSecond` times a second. Half of that budget goes to the front
 * (a poll a second each), a quarter to those behind in equal parts, and a quarter in parts that shrink with the
 * position: an interval in proportion to the way that is left ends before the turn comes, as long as the line moves
 * slower than maxPerSecond / (4 ln(crowd / front)) places a second (less the jitter). With equal parts alone a million
 * would be told of a turn that others have long been given. A longer interval than a third of `awayMs` lengthens the
 * presence epoch (common.lua), so that nobody is called away who asks when told to.
 */
export function pollAfterMs(
  position: number,
  waiting: number,
  soonestSeconds: number,
  options: PollingOptions,
): number {
  const front = options.maxPerSecond / 2;
  const wished = Math.max(Math.min(soonestSeconds * 100, options.awayMs / 3 / (1 + JITTER)), LEAST_MS);
  if (position <= front) return Math.floor(wished);
  const crowd = Math.max(waiting, position); // a crowd that has just come is larger than the copy knows
  const perSecond = options.maxPerSecond / 4;
  const equalParts = (crowd - front) / perSecond;
  const byPosition = (position * Math.log(crowd / front)) / perSecond; // the sum of 1/p from a to b is at most ln(b/a)
  return Math.ceil(Math.max(wished, Math.min(equalParts, byPosition) * 1000));
}

/**
 * The interval that one waiter is told: those who came at one instant would otherwise ask at one instant for ever.
 * Never less than a second; on average what was meant, or a little more, so the budget is kept.
 * @param draw from 0 to 1
 */
export function jittered(pollAfterMs: number, draw = Math.random()): number {
  const leastMs = Math.max(pollAfterMs * (1 - JITTER), LEAST_MS);
  return Math.round(leastMs + draw * 2 * JITTER * pollAfterMs);
}
