import type { Schedule } from '../../catalog/models';
import { Contradiction } from '../errors';

export const windowOf = ({ opensAt, closesAt, refundableUntil }: Sent): Sent => ({
  opensAt,
  closesAt,
  refundableUntil,
});

type Times = 'startsAt' | 'endsAt' | 'opensAt' | 'closesAt' | 'refundableUntil';

interface Dates extends Partial<Record<'startsAt' | 'endsAt', Date>> {
  opensAt?: Date | null;
  closesAt?: Date | null;
  refundableUntil?: Date | null;
}

type Sent = Partial<Record<Times, string | null | undefined>>;

/** The times of what was sent as dates; what was not sent is not there. */
export function timesOf(sent: Sent): Dates {
  const names: Times[] = ['startsAt', 'endsAt', 'opensAt', 'closesAt', 'refundableUntil'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = sent[name];
      return text === undefined ? [] : [[name, text && new Date(text)]];
    }),
  );
}

export function checkTimes(times: Pick<Schedule, Times>): void {
  const { startsAt, endsAt, opensAt, closesAt, refundableUntil } = times;
  if (endsAt <= startsAt) throw new Contradiction('endsAt: it must be after startsAt.');
  if (opensAt !== null && opensAt >= startsAt)
    throw new Contradiction('opensAt: it must be before startsAt.');
  if (closesAt !== null && closesAt > startsAt)
    throw new Contradiction('closesAt: it must not be after startsAt.');
  if (opensAt !== null && closesAt !== null && closesAt <= opensAt)
    throw new Contradiction('closesAt: it must be after opensAt.');
  if (refundableUntil !== null && refundableUntil > startsAt)
    throw new Contradiction('refundableUntil: it must not be after startsAt.');
}
