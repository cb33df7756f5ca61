import type { Evidence, Violation } from '../observed/evidence.ts';
import { wishesOf } from './wishes.ts';

/** A wish to hold a seat makes one reservation at most, a refused one none: there are no more rows than that. */
export function checkRefused({ operations, state }: Evidence): Violation[] {
  const allowed = new Map<string, number>();
  for (const { act, verdict, userId, operations: same } of wishesOf(operations)) {
    if (act !== 'reserve' || verdict === 'fail') continue;
    const of = `user ${userId}, seat ${same[0]?.seatId ?? '?'}`;
    allowed.set(of, (allowed.get(of) ?? 0) + 1);
  }
  const made = new Map<string, number>();
  for (const { userId, seatId } of state.reservations) {
    const of = `user ${userId}, seat ${seatId}`;
    made.set(of, (made.get(of) ?? 0) + 1);
  }
  return [...made]
    .filter(([of, rows]) => rows > (allowed.get(of) ?? 0))
    .map(([of, rows]): Violation => ({
      check: 'key acted twice',
      what: `${of}: ${rows} reservations of ${allowed.get(of) ?? 0} that can have been made`,
    }));
}
