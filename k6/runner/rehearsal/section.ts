import type { Section } from '../report/page.ts';
import type { Forecast } from './forecast.ts';
import type { Outcome } from './outcome.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const minutes = (seconds: number | null): string =>
  seconds === null
    ? 'not sold out'
    : `sold out after ${whole(seconds)} s (minute ${Math.floor(seconds / 60) + 1})`;
/** With the interval of nine of ten simulated sales. */
function forecastText(real: NonNullable<Outcome['real']>): string {
  const { forecast } = real;
  if (forecast === null) return 'no forecast';
  return `${minutes(forecast.seconds)}, ${intervalText(forecast)}`;
}

const intervalText = ({ low, high }: Forecast): string =>
  `90 %: ${whole(low)} to ${high === null ? 'never' : whole(high)}`;

/** In one sentence: objective, capacity, prediction. */
export function rehearsalVerdict(outcome: Outcome): string {
  const { isKept, p99Ms, targetMs, failedShare, capacity, real } = outcome;
  const users = capacity && `${capacity.isLimit ? '' : 'at least '}${whole(capacity.users)}`;
  return `${[
    `objective ${isKept ? 'kept' : 'MISSED'}: p99 ${whole(p99Ms)} ms of at most ${targetMs} ms, ${(100 * failedShare).toFixed(2)} % failed`,
    users === null ? 'no capacity was found' : `capacity: ${users} active users at once`,
    ...(real === null
      ? []
      : [`${whole(real.seats)} seats for ${whole(real.buyers)} users: ${forecastText(real)}`]),
  ].join('; ')}.`;
}

export function rehearsalSection(outcome: Outcome): Section {
  const { queueId, users, seats, sold, soldOutAfterSeconds, perSecond, capacity, real } = outcome;
  return {
    title: 'Rehearsal',
    note: rehearsalVerdict(outcome),
    table: {
      head: ['', ''],
      rows: [
        ['queue', queueId],
        ['test users', whole(users)],
        ['seats', whole(seats)],
        ['sold', whole(sold)],
        ['the sale', minutes(soldOutAfterSeconds)],
        ['seats sold a second', perSecond === null ? 'too few to tell' : perSecond.toFixed(1)],
        ...(capacity === null
          ? []
          : [
              [
                'active users within the objective',
                `${capacity.isLimit ? '' : 'at least '}${whole(capacity.users)}`,
              ],
            ]),
        ...(real === null
          ? []
          : [[`predicted: ${whole(real.seats)} seats, ${whole(real.buyers)} users`, forecastText(real)]]),
      ],
    },
  };
}

/** Most that a forecast may be off. */
const MAX_ERROR = 0.1;

/** @param real when the real sale was sold out, seconds; null: it was not */
export function checkForecast(
  forecast: Forecast | null,
  real: number | null,
): { text: string; isKept: boolean } {
  if (forecast === null || real === null)
    return {
      text: `FORECAST: ${forecast === null ? 'there was none' : 'the sale was not sold out'}.`,
      isKept: false,
    };
  const error = forecast.seconds / real - 1;
  const isKept = Math.abs(error) <= MAX_ERROR;
  const off = `${error < 0 ? '' : '+'}${(100 * error).toFixed(1)} %`;
  const text = `forecast ${isKept ? 'right' : 'WRONG'}: ${whole(forecast.seconds)} s (${intervalText(forecast)}), sold out after ${whole(real)} s: ${off} of at most ${100 * MAX_ERROR} %.`;
  return { text, isKept };
}
