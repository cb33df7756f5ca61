import type { Evidence, Violation } from '../evidence.ts';

/** Every hold and every sale has one event, and each was delivered and acted upon, once. */
export function checkEvents({ state }: Evidence): Violation[] {
  const violations: Violation[] = [];
  const count = new Map<string, number>();
  for (const { topic, reservationId, delivered, notifications } of state.events) {
    const of = `${topic} ${reservationId}`;
    count.set(of, (count.get(of) ?? 0) + 1);
    if (!delivered) violations.push({ check: 'event lost', what: `${of} was never delivered` });
    else if (notifications !== 1)
      violations.push({ check: 'event lost', what: `${of} has acted ${notifications} times` });
  }
  const expect = (topic: string, reservationId: number): void => {
    const events = count.get(`${topic} ${reservationId}`) ?? 0;
    if (events !== 1)
      violations.push({ check: 'event lost', what: `${topic} ${reservationId}: ${events} events` });
  };
  for (const { id } of state.reservations) expect('reservation-notification', id);
  for (const { reservationId } of state.payments) expect('payment-notification', reservationId);
  return violations;
}
