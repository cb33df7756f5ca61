import { Counter, Rate, Trend } from 'k6/metrics';
import { tell } from './course.ts';

/** From the token to PROGRESS, ms. */
export const queueTime = new Trend('queue_time', true);
/** Of those who lined up: who got in. */
export const queueAdmitted = new Rate('queue_admitted');
/** A waiter saw a larger position than before. Adds 0 otherwise: a metric without samples proves nothing. */
export const queuePositionBack = new Counter('queue_position_back');
/** Somebody else was quicker (004); adds 0 otherwise. */
export const seatConflicts = new Counter('seat_conflicts');
export const holds = new Counter('holds');
export const ticketsSold = new Counter('tickets_sold');
const visits = new Counter('visits');

/** A whole journey, to the end that the visitor wished for. */
export function visitDone(): void {
  visits.add(1);
  tell('visit');
}

/** Balances held against what they must be. */
export const balancesCompared = new Counter('balances_compared');
/** … and found different; adds 0 otherwise. */
export const balanceDifferences = new Counter('balance_differences');
