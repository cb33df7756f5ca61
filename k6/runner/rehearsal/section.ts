import type { Section } from '../report/page.ts';
import type { Outcome } from './outcome.ts';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const minutes = (seconds: number | null, isLeast = false): string =>
  seconds === null
    ? 'not sold out'
    : `sold out after ${isLeast ? 'at least ' : ''}${whole(seconds)} s (minute ${Math.floor(seconds / 60) + 1})`;
/** A rehearsal that was not sold out has not shown how long the last seats take. */
const realMinutes = ({ real, soldOutAfterSeconds }: Outcome): string =>
  minutes(real?.soldOutAfterSeconds ?? null, soldOutAfterSeconds === null);

/** In one sentence: objective, capacity, prediction. */
export function rehearsalVerdict(outcome: Outcome): string {
  const { isKept, p99Ms, targetMs, failedShare, capacity, real } = outcome;
  const users = capacity && `${capacity.isLimit ? '' : 'at least '}${whole(capacity.users)}`;
  return `${[
    `objective ${isKept ? 'kept' : 'MISSED'}: p99 ${whole(p99Ms)} ms of at most ${targetMs} ms, ${(100 * failedShare).toFixed(2)} % failed`,
    users === null ? 'no capacity was found' : `capacity: ${users} active users at once`,
    ...(real === null
      ? []
      : [`${whole(real.seats)} seats for ${whole(real.buyers)} users: ${realMinutes(outcome)}`]),
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
          : [[`predicted: ${whole(real.seats)} seats, ${whole(real.buyers)} users`, realMinutes(outcome)]]),
      ],
    },
  };
}
