import type { Evidence, FinalState, Violation } from '../observed/evidence.ts';

/** A call whose transaction was broken off is made again: so long before or after a fault it may have been. */
const NEAR_MS = 5000;
/** Processes and stores that the transaction of a call depends on. */
const BREAKS_OFF = /^(?:worker\d+(?:-mariadb)?|mariadb)$/;

/** Every hold, every sale and every refund has one event for each seat, each was delivered, and the webhook heard of each, and of nothing else. */
export function checkEvents({ state, calls }: Evidence): Violation[] {
  const violations: Violation[] = [];
  const heard = new Set(calls.map(({ key }) => key));
  const count = new Map<string, number>();
  for (const { eventId, topic, reservationId, delivered } of state.events) {
    const of = `${topic} ${reservationId}`;
    count.set(of, (count.get(of) ?? 0) + 1);
    const hasActed = heard.delete(eventId);
    if (!delivered) violations.push({ check: 'event lost', what: `${of} was never delivered` });
    else if (!hasActed) violations.push({ check: 'event lost', what: `${of} has not acted` });
  }
  for (const key of heard)
    violations.push({ check: 'phantom event', what: `${key} has acted and is not in the outbox` });
  const expect = (topic: string, reservationId: number): void => {
    const events = count.get(`${topic} ${reservationId}`) ?? 0;
    if (events !== 1)
      violations.push({ check: 'event lost', what: `${topic} ${reservationId}: ${events} events` });
  };
  for (const { id } of state.reservations) expect('reservation-notification', id);
  const orders = byOrder(state);
  for (const { reservationId, orderId, status } of state.payments)
    for (const id of orders.get(orderId ?? 0) ?? [reservationId]) {
      expect('payment-notification', id);
      if (status === 'CANCELED') expect('refund-notification', id);
    }
  return violations;
}

/** The reservations of each order. */
function byOrder({ reservations }: FinalState): Map<number, number[]> {
  const orders = new Map<number, number[]>();
  for (const { id, orderId } of reservations)
    if (orderId !== undefined) orders.set(orderId, [...(orders.get(orderId) ?? []), id]);
  return orders;
}

/** Events that acted again, though no fault had broken off the first act. */
export function actedAgain({ calls, phases }: Pick<Evidence, 'calls' | 'phases'>): string[] {
  const excuses = phases.flatMap(({ faults }) => faults.filter(({ target }) => BREAKS_OFF.test(target)));
  const firstMs = new Map<string, number>();
  return calls
    .filter(({ key, atMs }) => {
      const beforeMs = firstMs.get(key);
      firstMs.set(key, atMs);
      return (
        beforeMs !== undefined &&
        !excuses.some(({ fromMs, untilMs }) => beforeMs > fromMs - NEAR_MS && beforeMs < untilMs + NEAR_MS)
      );
    })
    .map(({ key }) => key);
}
