import type { Evidence, ReservationRow, Violation } from '../observed/evidence.ts';
import { type Wish, wishesOf } from './wishes.ts';

/** A time in which a reservation surely had its seat, by its buyer's answers. */
interface Ownership {
  reservationId: number;
  userId: number;
  seatId: number;
  fromMs: number;
  untilMs: number;
  paid: boolean;
}

/**
 * The register of a seat: free, or one reservation's. A hold took effect between its first request and its answer,
 * and lasted `holdMs` from there; so from the answer until `holdMs` after the first request it surely was the
 * reservation's, and after a payment without end. Two such times of one seat must not overlap: no order of the requests
 * would explain the answers. The rows that are left must say the same, to the millisecond.
 */
export function checkSeats({ operations, state, holdMs, extensionMs = 0 }: Evidence): Violation[] {
  const wishes = wishesOf(operations);
  return [...byAnswers(wishes, holdMs), ...byRows(state.reservations, holdMs, extensionMs)];
}

function byAnswers(wishes: Wish[], holdMs: number): Violation[] {
  const paid = new Set(
    wishes
      .filter(({ act, verdict }) => act === 'pay' && verdict === 'ok')
      .map(({ done }) => done?.reservationId),
  );
  /** From when on a reservation may have been given back. */
  const givenBackMs = new Map<number | undefined, number>();
  for (const { act, verdict, operations, startMs } of wishes)
    if ((act === 'release' || act === 'cancel') && verdict !== 'fail')
      givenBackMs.set(operations[0]?.reservationId, startMs);
  const bySeat = new Map<number, Ownership[]>();
  for (const { act, done, startMs, okMs, userId } of wishes) {
    const reservationId = done?.answered?.reservationId;
    if (act !== 'reserve' || reservationId === undefined || done?.seatId === undefined) continue;
    const backMs = givenBackMs.get(reservationId) ?? Infinity;
    const isPaid = paid.has(reservationId) && backMs === Infinity;
    const lastsUntilMs = paid.has(reservationId) ? Infinity : startMs + holdMs;
    const owned = {
      reservationId,
      userId,
      seatId: done.seatId,
      fromMs: okMs,
      untilMs: Math.min(lastsUntilMs, backMs),
    };
    // One's own held seat is answered with the same hold: that it was had from the first answer on is what counts.
    const owners = bySeat.get(done.seatId) ?? [];
    const again = owners.find((owner) => owner.reservationId === reservationId && owner.userId === userId);
    if (again === undefined) bySeat.set(done.seatId, [...owners, { ...owned, paid: isPaid }]);
    else
      Object.assign(again, {
        fromMs: Math.min(again.fromMs, okMs),
        untilMs: Math.min(again.untilMs, owned.untilMs),
      });
  }
  const violations: Violation[] = [];
  for (const [seatId, owners] of bySeat) {
    owners.sort((a, b) => a.fromMs - b.fromMs);
    owners.forEach((one, i) => {
      for (const other of owners.slice(i + 1)) {
        const overlap = Math.min(one.untilMs, other.untilMs) > Math.max(one.fromMs, other.fromMs);
        if (!overlap && !(one.paid && other.paid)) continue;
        violations.push({
          check: 'double sale',
          atMs: other.fromMs,
          what: `seat ${seatId} ${one.paid && other.paid ? 'sold' : 'held'} twice: reservations ${one.reservationId} (user ${one.userId}) and ${other.reservationId} (user ${other.userId})`,
        });
      }
    });
  }
  return violations;
}

function byRows(reservations: ReservationRow[], holdMs: number, extensionMs: number): Violation[] {
  const violations: Violation[] = [];
  const bySeat = new Map<number, ReservationRow[]>();
  for (const row of reservations) {
    bySeat.set(row.seatId, [...(bySeat.get(row.seatId) ?? []), row]);
    const lengthMs = row.heldUntilMs - row.reservedMs;
    if (Math.abs(lengthMs - holdMs - (row.extended === 1 ? extensionMs : 0)) > 2)
      violations.push({
        check: 'hold ended early',
        what: `hold ${row.id} was for ${Math.round(lengthMs)} ms`,
      });
  }
  for (const [seatId, rows] of bySeat) {
    rows.sort((a, b) => a.reservedMs - b.reservedMs || a.id - b.id);
    rows.forEach((row, i) => {
      const next = rows[i + 1];
      if (next === undefined) return;
      if (row.status === 'RESERVED')
        violations.push({
          check: 'double sale',
          what: `seat ${seatId}: reservation ${next.id} after ${row.id} was sold`,
        });
      else if (next.reservedMs < Math.min(row.heldUntilMs, row.endedMs ?? Infinity) - 1)
        violations.push({
          check: 'hold ended early',
          atMs: next.reservedMs,
          what: `seat ${seatId}: hold ${next.id} began ${Math.round(row.heldUntilMs - next.reservedMs)} ms before ${row.id} was over`,
        });
    });
  }
  return violations;
}
