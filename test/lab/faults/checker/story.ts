import { check } from '../../../../lab/faults/checker';
import type { Admission, Check, Evidence, ReservationRow } from '../../../../lab/faults/observed/evidence';
import type { Act, Operation } from '../../../../lab/faults/observed/history';

export const HOLD_MS = 3000;
const PRICE = 100;

/** A history written by hand: each call is a request and its answer. */
export class Story {
  readonly operations: Operation[] = [];
  readonly admissions: Admission[] = [];
  readonly evidence: Evidence = {
    operations: this.operations,
    admissions: this.admissions,
    calls: [],
    state: { balances: new Map(), ledger: [], reservations: [], payments: [], events: [] },
    mostActive: 0,
    activeLimit: 2,
    holdMs: HOLD_MS,
    sessionMs: 90_000,
    maxWaitMs: 600_000,
    presenceTimeoutMs: 20_000,
    phases: [],
  };

  ask(act: Act, userId: number, startMs: number, endMs: number, more: Partial<Operation> = {}): Operation {
    const own = { id: this.operations.length + 1, act, userId, api: 0, startMs, endMs };
    const operation: Operation = { ...own, outcome: 'ok', status: 200, ...more };
    this.operations.push(operation);
    return operation;
  }

  comes(userId: number, seq: number, atMs: number): void {
    this.ask('token', userId, atMs, atMs + 1, { answered: { seq } });
  }

  enters(seq: number, atMs: number): void {
    this.admissions.push({ order: this.admissions.length + 1, seq, entered: true, atMs });
  }

  charges(userId: number, amount: number, startMs: number): void {
    this.ask('charge', userId, startMs, startMs + 10, {
      key: `c${userId}-${amount}`,
      amount,
      answered: { amount },
    });
    this.books(userId, 'CHARGE', amount, null);
  }

  books(
    userId: number,
    kind: 'CHARGE' | 'PAYMENT' | 'REFUND',
    amount: number,
    paymentId: number | null,
  ): void {
    const { ledger, balances } = this.evidence.state;
    ledger.push({ userId, kind, amount, paymentId });
    balances.set(userId, (balances.get(userId) ?? 0) + amount);
  }

  reserves(userId: number, seatId: number, id: number, startMs: number): ReservationRow {
    const answered = { reservationId: id };
    this.ask('reserve', userId, startMs, startMs + 10, { key: `r${id}`, seatId, answered });
    const times = { reservedMs: startMs + 5, heldUntilMs: startMs + 5 + HOLD_MS };
    const row: ReservationRow = { id, userId, seatId, status: 'CANCELED', amount: PRICE, ...times };
    this.evidence.state.reservations.push(row);
    this.tells('reservation-notification', id);
    return row;
  }

  pays(row: ReservationRow, startMs: number): void {
    const { id, userId, seatId } = row;
    this.ask('pay', userId, startMs, startMs + 10, { key: `p${id}`, reservationId: id, seatId });
    row.status = 'RESERVED';
    this.evidence.state.payments.push({ id, reservationId: id, userId, amount: PRICE, status: 'DONE' });
    this.books(userId, 'PAYMENT', -PRICE, id);
    this.tells('payment-notification', id);
  }

  tells(topic: string, reservationId: number): void {
    const eventId = `${topic} ${reservationId}`;
    this.evidence.state.events.push({ eventId, topic, reservationId, delivered: true });
    this.evidence.calls.push({ key: eventId, atMs: 0 });
  }

  /** Two buyers, a sale each, all as it should be. */
  static good(): Story {
    const story = new Story();
    story.comes(1, 1, 0);
    story.enters(1, 2);
    story.comes(2, 2, 10);
    story.enters(2, 12);
    story.charges(1, 1000, 100);
    story.charges(2, 500, 100);
    story.pays(story.reserves(1, 7, 1, 200), 300);
    story.pays(story.reserves(2, 8, 2, 200), 300);
    story.ask('balance', 1, 400, 410, { answered: { amount: 900 } });
    return story;
  }
}

export const checksOf = (story: Story): Check[] => [
  ...new Set(check(story.evidence).map((violation) => violation.check)),
];

/** Seats 20 and 21, held as order 1 of user 1, paid and given back. */
export function partyStory(): Story {
  const story = Story.good();
  const { reservations, payments } = story.evidence.state;
  const about = { seatIds: [20, 21], reservationIds: [11, 12], reservationId: 11 };
  const answered = { orderId: 1, reservationIds: [11, 12] };
  story.ask('reserve', 1, 1000, 1010, { key: 'o1', seatIds: [20, 21], answered });
  const times = { reservedMs: 1005, heldUntilMs: 1005 + HOLD_MS, endedMs: 1205 };
  for (const [i, seatId] of [20, 21].entries()) {
    const id = 11 + i;
    reservations.push({ id, userId: 1, seatId, status: 'CANCELED', amount: PRICE, orderId: 1, ...times });
    for (const topic of ['reservation', 'payment', 'refund']) story.tells(`${topic}-notification`, id);
  }
  story.ask('pay', 1, 1100, 1110, { key: 'o1 pay', ...about });
  story.ask('cancel', 1, 1200, 1210, { key: 'o1 cancel', ...about });
  payments.push({
    id: 99,
    reservationId: 11,
    orderId: 1,
    userId: 1,
    amount: 2 * PRICE,
    status: 'CANCELED',
  });
  story.books(1, 'PAYMENT', -2 * PRICE, 99);
  story.books(1, 'REFUND', 2 * PRICE, 99);
  return story;
}

/** What is planted into a good story, which check finds it, and how it is done. */
export type Planted = [string, Check, (story: Story) => void][];

export function itFinds(planted: Planted): void {
  it.each(planted)('finds %s', (_what, wanted, spoil) => {
    const story = Story.good();
    spoil(story);
    expect(checksOf(story)).toContain(wanted);
  });
}
