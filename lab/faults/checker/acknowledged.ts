import type { Evidence, FinalState, Violation } from '../observed/evidence.ts';
import type { Operation } from '../observed/history.ts';
import { wishesOf } from './wishes.ts';

type Payment = FinalState['payments'][number];

/** 409, 429 and code 003 are not stored: they say "not now" before the request has any effect. */
const isFinal = ({ status, code, startMs }: Operation, okMs: number): boolean =>
  (status !== 409 && status !== 429 && code !== '003') || startMs > okMs;

/** Every act that got a 2xx exists, belongs to its buyer, and stays the answer to its key. */
export function checkAcknowledged({ operations, state }: Evidence): Violation[] {
  const violations: Violation[] = [];
  const rows = new Map(state.reservations.map((row) => [row.id, row]));
  const wishes = wishesOf(operations);
  const paid = paymentsByReservation(state);
  const givenBack = new Set(
    wishes
      .filter(({ act, verdict }) => act === 'cancel' && verdict !== 'fail')
      .map(({ operations: [first] }) => first?.reservationId),
  );
  for (const { key, act, userId, done, okMs, operations: same } of wishes) {
    if (done === undefined) continue;
    const lost = (what: string): void =>
      void violations.push({ check: 'lost 2xx', atMs: okMs, what: `${act} ${key}: ${what}` });
    if (act === 'reserve') {
      const row = rows.get(done.answered?.reservationId ?? 0);
      if (row === undefined) lost(`reservation ${done.answered?.reservationId ?? '?'} is not there`);
      else if (row.userId !== userId || row.seatId !== done.seatId)
        lost(`reservation ${row.id} is user ${row.userId}’s, of seat ${row.seatId}`);
    }
    if (act === 'pay') {
      const payment = paid.get(done.reservationId ?? 0);
      const mayBeBack = givenBack.has(done.reservationId);
      if (payment?.userId !== userId || (payment.status !== 'DONE' && !mayBeBack))
        lost(`reservation ${done.reservationId ?? '?'} has no payment of user ${userId}`);
      if (rows.get(done.reservationId ?? 0)?.status !== 'RESERVED' && !mayBeBack)
        lost(`reservation ${done.reservationId ?? '?'} is not sold`);
    }
    if (act === 'cancel' && paid.get(done.reservationId ?? 0)?.status !== 'CANCELED')
      lost(`the payment of reservation ${done.reservationId ?? '?'} was not taken back`);
    if ((act === 'cancel' || act === 'release') && rows.get(done.reservationId ?? 0)?.status !== 'CANCELED')
      lost(`reservation ${done.reservationId ?? '?'} goes on`);
    const answers = new Set(
      same.filter(({ outcome }) => outcome === 'ok').map(({ answered }) => JSON.stringify(answered)),
    );
    if (answers.size > 1)
      violations.push({
        check: 'key acted twice',
        atMs: okMs,
        what: `${act} ${key} has several answers: ${[...answers].join(', ')}`,
      });
    const refused = same.find((one) => one.outcome === 'fail' && isFinal(one, okMs));
    if (refused !== undefined)
      violations.push({
        check: 'wrong answer',
        atMs: refused.endMs,
        what: `${act} ${key} was done, and also refused with ${refused.status} ${refused.code ?? ''}`,
      });
  }
  return violations;
}

/** The payment of each reservation's order. */
function paymentsByReservation({ reservations, payments }: FinalState): Map<number, Payment> {
  const byOrder = new Map(payments.map((payment) => [payment.orderId, payment]));
  const paid = new Map(payments.map((payment) => [payment.reservationId, payment]));
  for (const { id, orderId } of reservations) {
    const payment = orderId === undefined ? undefined : byOrder.get(orderId);
    if (payment !== undefined) paid.set(id, payment);
  }
  return paid;
}
