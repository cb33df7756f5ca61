const MINUTE_S = 60;
const HOUR_S = 3600;

/** Pauses after the first, second, … failed attempt: the schedule that Standard Webhooks gives as its example. */
const PAUSES_S = [5, 5 * MINUTE_S, 30 * MINUTE_S, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR_S)];
const JITTER = 0.2;

/** Attempts of a delivery: over 75 hours. */
export const MAX_ATTEMPTS = PAUSES_S.length + 1;

const FIRST_ENDPOINT_PAUSE_S = 1;
const MAX_ENDPOINT_PAUSE_S = MINUTE_S;
/** A receiver may ask for a pause, but not for silence. */
const MAX_RETRY_AFTER_S = HOUR_S;

/** Many deliveries that failed together are not tried again together. */
const jittered = (seconds: number, random: () => number): number =>
  seconds * (1 - JITTER + 2 * JITTER * random());

/** @param attempts failed ones, at least 1 @returns seconds until the next; undefined: there is none */
export function deliveryPauseS(
  attempts: number,
  retryAfterS = 0,
  random: () => number = Math.random,
): number | undefined {
  const pause = PAUSES_S[attempts - 1];
  return pause && Math.max(jittered(pause, random), Math.min(retryAfterS, MAX_RETRY_AFTER_S));
}

/** How long an endpoint that fails is left alone, by any delivery. @param failures in a row, at least 1 */
export function endpointPauseS(
  failures: number,
  retryAfterS = 0,
  random: () => number = Math.random,
): number {
  const pause = Math.min(FIRST_ENDPOINT_PAUSE_S * 2 ** (failures - 1), MAX_ENDPOINT_PAUSE_S);
  return Math.max(jittered(pause, random), Math.min(retryAfterS, MAX_RETRY_AFTER_S));
}
