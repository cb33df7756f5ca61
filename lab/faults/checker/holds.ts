import type { Evidence, ReservationRow, Violation } from '../observed/evidence.ts';
import { isUnderWay } from '../observed/history.ts';

/** Between the clock of the history and the database's; both are of one machine. */
const CLOCKS_MS = 5;

export const LATE_MS = 1000;

/** For each hold that was requested again: how long after its end the seat was still refused; 0: never. */
export function freedLate({
  operations,
  state,
}: Pick<Evidence, 'operations' | 'state'>): { seatId: number; atMs: number; lateMs: number }[] {
  const bySeat = new Map<number, ReservationRow[]>();
  for (const row of state.reservations) bySeat.set(row.seatId, [...(bySeat.get(row.seatId) ?? []), row]);
  for (const rows of bySeat.values()) rows.sort((a, b) => a.reservedMs - b.reservedMs);
  const samples = new Map<ReservationRow, { seatId: number; atMs: number; lateMs: number }>();
  for (const { act, seatId = 0, seatIds = [], startMs, endMs, status, code } of operations) {
    if (act !== 'reserve' || (status !== 200 && code !== '004')) continue;
    if (status !== 200 && seatIds.length > 1) continue; // refused for any of them
    const rows = bySeat.get(seatId) ?? [];
    const before = rows
      .filter(
        ({ heldUntilMs, status: ended, endedMs }) =>
          ended === 'CANCELED' && endedMs == null && heldUntilMs < startMs,
      )
      .at(-1);
    if (before === undefined) continue;
    const next = rows[rows.indexOf(before) + 1];
    const isFree = next === undefined || endMs + CLOCKS_MS < next.reservedMs;
    const sample = samples.get(before) ?? { seatId, atMs: startMs, lateMs: 0 };
    samples.set(before, sample);
    if (status !== 200 && isFree) sample.lateMs = Math.max(sample.lateMs, startMs - before.heldUntilMs);
  }
  return [...samples.values()];
}

/** A hold lasts as long as promised, and is free soon after; at the end, when everything has drained, none is left. */
export function checkHolds(evidence: Evidence): Violation[] {
  const late = freedLate(evidence)
    .filter(({ lateMs }) => lateMs > LATE_MS)
    .map(({ seatId, atMs, lateMs }): Violation => ({
      check: 'hold freed late',
      atMs,
      what: `seat ${seatId} was refused ${Math.round(lateMs)} ms after its hold had ended`,
    }));
  const rows = new Map(evidence.state.reservations.map((row) => [row.id, row]));
  const early = evidence.operations.flatMap((operation): Violation[] => {
    const { act, reservationId = 0, status, code, endMs, userId } = operation;
    if (act !== 'pay' || status !== 409 || code !== '409' || isUnderWay(operation)) return [];
    const row = rows.get(reservationId);
    if (row?.status !== 'CANCELED' || endMs >= row.heldUntilMs - CLOCKS_MS) return [];
    const what = `user ${userId} could not pay hold ${row.id} ${Math.round(row.heldUntilMs - endMs)} ms before its end`;
    return [{ check: 'hold ended early', atMs: endMs, what }];
  });
  const left = evidence.state.reservations
    .filter(({ status }) => status === 'TEMP_RESERVED')
    .map(({ id, seatId }): Violation => ({
      check: 'hold freed late',
      what: `hold ${id} of seat ${seatId} is still there at the end`,
    }));
  return [...late, ...early, ...left];
}
