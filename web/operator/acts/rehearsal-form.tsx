import { Fragment, h, type VNode } from 'preact';
import { queue } from '../live/state';
import { t } from '../texts';
import type { RehearsalWanted } from './send';

const NAMES = ['users', 'seats', 'realSeats', 'realBuyers'] as const;
/** Longest wait of a test user. */
const WAIT_MINUTES = 5;
const WHOLE = /^[1-9]\d{0,6}$/;

/** The expected crowd, and the sale whose end is to be predicted. */
export function RehearsalFields(): VNode {
  const { rehearsal: texts } = t.value;
  return (
    <Fragment>
      {NAMES.map((name) => (
        <Fragment key={name}>
          <label for={name}>{texts[name]}</label>
          <input id={name} name={name} inputMode="numeric" autocomplete="off" />
        </Fragment>
      ))}
    </Fragment>
  );
}

/** @param text of a field @returns the settings, or what is wrong with them */
export function readRehearsal(text: (name: string) => string): RehearsalWanted | string {
  const { acts, rehearsal: texts } = t.peek();
  const queueId = queue.peek()?.queueId;
  if (queueId === undefined) return acts.unavailable;
  const [users, seats, realSeats, realBuyers] = NAMES.map(text) as [string, string, string, string];
  if (!WHOLE.test(users) || !WHOLE.test(seats)) return acts.numberWrong;
  const isReal = realSeats !== '' || realBuyers !== '';
  if (isReal && !(WHOLE.test(realSeats) && WHOLE.test(realBuyers))) return texts.realWrong;
  return {
    queueId,
    users: Number(users),
    seats: Number(seats),
    waitMinutes: WAIT_MINUTES,
    real: isReal ? { seats: Number(realSeats), buyers: Number(realBuyers) } : null,
  };
}
