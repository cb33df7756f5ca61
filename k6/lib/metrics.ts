import { Counter, Rate, Trend } from 'k6/metrics';
import { record } from './timeline.ts';

/** Time from the token to PROGRESS, in ms. */
export const queueTime = new Trend('queue_time', true);
/** Share of the users with a token who were admitted. */
export const queueAdmitted = new Rate('queue_admitted');
/** Share of the admitted users who found nothing to buy: all was sold or on hold. */
export const foundNoSeat = new Rate('found_no_seat');
/** Share of the admitted users who stopped after SEAT_TRIES seats that others had taken first, although some were free. */
export const gaveUp = new Rate('gave_up');
/** Time from the admission, as the user has learned of it, to a hold, and from there to the payment, in ms. */
export const chooseTime = new Trend('choose_time', true);
export const payTime = new Trend('pay_time', true);
/** For how long the service reserves a seat, in ms. */
export const holdTime = new Trend('hold_time', true);
/** Counts polls with a larger position than before. Adds 0 otherwise, because a metric without samples proves nothing. */
export const queuePositionBack = new Counter('queue_position_back');
/** Counts seats that another user took first (004); adds 0 otherwise. */
export const seatConflicts = new Counter('seat_conflicts');
export const holds = new Counter('holds');
export const ticketsSold = new Counter('tickets_sold');
const visits = new Counter('visits');

/** Counts a finished visit, with or without a purchase. */
export function visitDone(): void {
  visits.add(1);
  record('visit');
}

/** Counts the balances that were compared. */
export const balancesCompared = new Counter('balances_compared');
/** Counts the balances that differed; adds 0 otherwise. */
export const balanceDifferences = new Counter('balance_differences');
