import { check } from '../../../lab/faults/checker';
import { actedAgain } from '../../../lab/faults/checker/events';
import type {
  Admission,
  Check,
  Evidence,
  PhaseRecord,
  ReservationRow,
} from '../../../lab/faults/observed/evidence';
import type { Act, Operation } from '../../../lab/faults/observed/history';
import { nemeses } from '../../../lab/faults/nemesis';
import { plan } from '../../../lab/faults/schedule';
import { soakTable } from '../../../lab/faults/runs/soak';

const HOLD_MS = 3000;
const PRICE = 100;

/** A history written by hand: each call is a request and its answer. */
class Story {
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

const checksOf = (story: Story): Check[] => [
  ...new Set(check(story.evidence).map((violation) => violation.check)),
];

describe('the checker of the fault suite', () => {
  it('finds nothing in a history where nothing is wrong', () => {
    expect(check(Story.good().evidence)).toEqual([]);
  });

  /** Seats 20 and 21, held as order 1 of user 1, paid and given back. */
  function partyStory(): Story {
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

  it('finds nothing in an order of two seats that was paid and given back, and in its seats sold again', () => {
    const story = partyStory();
    expect(check(story.evidence)).toEqual([]);
    story.reserves(2, 21, 13, 1300);
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds a seat of an order that another one had meanwhile', () => {
    const story = partyStory();
    story.reserves(2, 21, 13, 1050);
    expect(checksOf(story)).toContain('double sale');
  });

  it('finds a refund without its events, and one that did not give the money back', () => {
    const silent = partyStory();
    const { events } = silent.evidence.state;
    events.splice(
      events.findIndex(({ topic, reservationId }) => topic === 'refund-notification' && reservationId === 12),
      1,
    );
    expect(checksOf(silent)).toContain('event lost');
    const poor = partyStory();
    poor.evidence.state.ledger.pop();
    expect(checksOf(poor)).toContain('lost 2xx');
  });

  it('does not take an unknown outcome for a loss, whether it has acted or not', () => {
    const story = Story.good();
    const lost = { outcome: 'unknown', status: 0 } as const;
    story.ask('charge', 1, 500, 600, { key: 'lost', amount: 3, ...lost });
    story.ask('charge', 2, 500, 600, { key: 'done', amount: 4, ...lost });
    story.books(2, 'CHARGE', 4, null);
    story.ask('balance', 2, 550, 560, { answered: { amount: 404 } });
    story.ask('balance', 2, 540, 545, { answered: { amount: 400 } });
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds no inversion when an entry was made by a request whose answer was lost', () => {
    const story = Story.good();
    story.ask('token', 3, 20, 22, { outcome: 'unknown', status: 0 });
    story.comes(4, 4, 30);
    story.comes(3, 3, 50);
    story.evidence.activeLimit = 10;
    story.enters(3, 60);
    story.enters(4, 61);
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds nothing when a second payment of what is paid is refused', () => {
    const story = Story.good();
    const refused = { outcome: 'fail', status: 403, code: '003' } as const;
    story.ask('pay', 1, 500, 510, { key: 'again', reservationId: 1, seatId: 7, ...refused });
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds nothing when a refused hold succeeds a moment later under the same key', () => {
    const story = Story.good();
    const refused = { outcome: 'fail', status: 403, code: '003' } as const;
    story.ask('reserve', 1, 690, 695, { key: 'r3', seatId: 9, ...refused });
    story.reserves(1, 9, 3, 700);
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds nothing when a seat goes to the next one as soon as the hold is over', () => {
    const story = Story.good();
    story.reserves(1, 9, 3, 1000);
    story.ask('reserve', 2, 3900, 3990, {
      key: 'early',
      seatId: 9,
      outcome: 'fail',
      status: 409,
      code: '004',
    });
    story.reserves(2, 9, 4, 1000 + HOLD_MS + 1);
    expect(check(story.evidence)).toEqual([]);
  });

  it('finds nothing when a seat that one holds is asked for again and answered with the same hold', () => {
    const story = Story.good();
    story.reserves(1, 9, 3, 1000);
    story.ask('reserve', 1, 1500, 1510, { key: 'again', seatId: 9, answered: { reservationId: 3 } });
    story.reserves(2, 9, 4, 1000 + HOLD_MS + 20);
    expect(check(story.evidence)).toEqual([]);
  });

  const planted: [string, Check, (story: Story) => void][] = [
    [
      'a seat sold twice',
      'double sale',
      (story) => {
        story.charges(3, 200, 400);
        story.pays(story.reserves(3, 7, 3, 500), 600);
      },
    ],
    [
      'a seat held twice by the answers of its buyers',
      'double sale',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        story.ask('reserve', 2, 1500, 1510, { key: 'r4', seatId: 9, answered: { reservationId: 4 } });
      },
    ],
    [
      'a hold of one in the answer to another',
      'double sale',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        story.ask('reserve', 2, 1500, 1510, { key: 'r4', seatId: 9, answered: { reservationId: 3 } });
      },
    ],
    [
      'a sale that was acknowledged and is gone',
      'lost 2xx',
      (story) => void story.evidence.state.payments.pop(),
    ],
    [
      'a hold that was acknowledged and is gone',
      'lost 2xx',
      (story) => {
        story.ask('reserve', 1, 700, 710, { key: 'gone', seatId: 11, answered: { reservationId: 99 } });
      },
    ],
    [
      'a charge that was acknowledged and is gone',
      'lost 2xx',
      (story) => {
        story.ask('charge', 1, 700, 710, { key: 'gone', amount: 5, answered: { amount: 905 } });
      },
    ],
    [
      'a charge under one key that acted twice',
      'key acted twice',
      (story) => story.books(1, 'CHARGE', 1000, null),
    ],
    [
      'a charge that was refused and acted',
      'key acted twice',
      (story) => {
        story.ask('charge', 1, 700, 710, { key: 'no', amount: 5, outcome: 'fail', status: 403, code: '003' });
        story.books(1, 'CHARGE', 5, null);
      },
    ],
    [
      'a payment that was refused and is booked',
      'key acted twice',
      (story) => {
        const row = story.reserves(1, 9, 3, 700);
        story.pays(row, 800);
        for (const operation of story.operations)
          if (operation.key === 'p3') Object.assign(operation, { outcome: 'fail', status: 403, code: '003' });
      },
    ],
    [
      'a hold that was refused and is there',
      'key acted twice',
      (story) => {
        story.reserves(1, 9, 3, 700);
        for (const operation of story.operations)
          if (operation.key === 'r3') Object.assign(operation, { outcome: 'fail', status: 409, code: '004' });
      },
    ],
    [
      'a hold under one key that acted twice',
      'key acted twice',
      (story) => {
        const row = story.reserves(1, 9, 3, 700);
        const laterMs = 2 * HOLD_MS;
        story.evidence.state.reservations.push({
          ...row,
          id: 4,
          reservedMs: row.reservedMs + laterMs,
          heldUntilMs: row.heldUntilMs + laterMs,
        });
        story.tells('reservation-notification', 4);
      },
    ],
    [
      'one key with two answers',
      'key acted twice',
      (story) => {
        story.ask('reserve', 1, 220, 230, { key: 'r1', seatId: 7, answered: { reservationId: 55 } });
      },
    ],
    [
      'a refusal of what was done',
      'wrong answer',
      (story) => {
        story.ask('pay', 1, 500, 510, {
          key: 'p1',
          reservationId: 1,
          outcome: 'fail',
          status: 403,
          code: '003',
        });
      },
    ],
    ['money from nowhere', 'ledger drift', (story) => story.books(1, 'CHARGE', 77, null)],
    [
      'a balance that is not the ledger’s',
      'ledger drift',
      (story) => void story.evidence.state.balances.set(1, 1),
    ],
    [
      'a balance that forgets what was known before',
      'ledger drift',
      (story) => {
        story.ask('balance', 1, 420, 430, { answered: { amount: 1000 } });
      },
    ],
    [
      'three active where two may be',
      'limit exceeded',
      (story) => {
        story.comes(3, 3, 20);
        story.enters(3, 22);
      },
    ],
    [
      'one who came later let in before',
      'order inversion',
      (story) => {
        story.evidence.activeLimit = 10;
        story.comes(3, 3, 20);
        for (let atMs = 500; atMs < 20_000; atMs += 500)
          story.ask('check', 3, atMs, atMs + 1, { answered: { status: 'WAITING' } });
        story.comes(4, 4, 100);
        story.enters(4, 9000);
        story.enters(3, 9100);
      },
    ],
    [
      'a later user with an earlier entry',
      'order inversion',
      (story) => {
        story.evidence.activeLimit = 10;
        story.comes(3, 4, 20);
        story.comes(4, 3, 100);
        story.enters(4, 110);
        story.enters(3, 120);
      },
    ],
    ['two users with one entry', 'entry lost', (story) => story.comes(3, 2, 20)],
    [
      'a genuine token called unknown',
      'entry lost',
      (story) => {
        story.ask('check', 2, 500, 510, { outcome: 'fail', status: 403, code: '001' });
      },
    ],
    [
      'a waiter called expired',
      'entry lost',
      (story) => {
        story.comes(3, 3, 20);
        story.ask('check', 3, 500, 510, { answered: { status: 'EXPIRED' } });
      },
    ],
    [
      'a hold that another took before its end',
      'hold ended early',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        story.reserves(2, 9, 4, 1000 + HOLD_MS - 200);
      },
    ],
    [
      'a hold that could not be paid before its end',
      'hold ended early',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        story.ask('pay', 1, 1500, 1510, {
          key: 'p3',
          reservationId: 3,
          outcome: 'fail',
          status: 409,
          code: '409',
        });
      },
    ],
    [
      'a seat refused long after its hold',
      'hold freed late',
      (story) => {
        story.reserves(1, 9, 3, 1000);
        const atMs = 1000 + HOLD_MS + 1500;
        story.ask('reserve', 2, atMs, atMs + 10, {
          key: 'late',
          seatId: 9,
          outcome: 'fail',
          status: 409,
          code: '004',
        });
      },
    ],
    [
      'a hold that is still there at the end',
      'hold freed late',
      (story) => {
        story.reserves(1, 9, 3, 1000).status = 'TEMP_RESERVED';
      },
    ],
    [
      'an event that was never delivered',
      'event lost',
      (story) => {
        for (const event of story.evidence.state.events.slice(0, 1)) event.delivered = false;
      },
    ],
    ['an event that never acted', 'event lost', (story) => void story.evidence.calls.pop()],
    [
      'an act of no event',
      'phantom event',
      (story) => void story.evidence.calls.push({ key: 'nothing', atMs: 500 }),
    ],
    ['a sale without an event', 'event lost', (story) => void story.evidence.state.events.pop()],
    [
      '500',
      'wrong answer',
      (story) => {
        story.ask('check', 1, 500, 510, { outcome: 'unknown', status: 500, code: '500' });
      },
    ],
    [
      '503 without Retry-After',
      'wrong answer',
      (story) => {
        story.ask('check', 1, 500, 510, { outcome: 'unknown', status: 503, code: '503' });
      },
    ],
    [
      'a phase in which nothing succeeds',
      'no success',
      (story) => {
        story.evidence.phases.push({ name: 'dead', fromMs: 1000, toMs: 2000, faults: [] });
      },
    ],
  ];
  it.each(planted)('finds %s', (_what, wanted, spoil) => {
    const story = Story.good();
    spoil(story);
    expect(checksOf(story)).toContain(wanted);
  });
});

describe('events that act again', () => {
  const calls = [1000, 1500].map((atMs) => ({ key: 'event', atMs }));
  const hitting = (target: string): PhaseRecord => ({
    name: target,
    fromMs: 0,
    toMs: 20_000,
    faults: [{ nemesis: 'kill', what: 'kill -9', target, fromMs: 1100, untilMs: 1400 }],
  });

  it('are found, unless a fault can have broken off the first act', () => {
    expect(actedAgain({ calls, phases: [] })).toEqual(['event']);
    expect(actedAgain({ calls, phases: [hitting('kafka'), hitting('api0-mariadb')] })).toEqual(['event']);
    expect(actedAgain({ calls, phases: [hitting('worker1')] })).toEqual([]);
    expect(actedAgain({ calls, phases: [hitting('mariadb')] })).toEqual([]);
    expect(actedAgain({ calls: calls.slice(0, 1), phases: [] })).toEqual([]);
  });
});

describe('the soak', () => {
  const growing = (name: string, by: number, perVisit = 0): string[] => {
    const samples = Array.from({ length: 13 }, (_, i) => ({
      atSeconds: i,
      values: { visits: 1000 * i, [name]: 100 + by * Math.max(0, i - 6) + perVisit * 1000 * i },
    }));
    return soakTable({ samples }).grown;
  };

  it('finds what grows, by a margin of its kind', () => {
    expect(growing('api0 RSS, MB', 5)).toEqual(['api0 RSS, MB']);
    expect(growing('worker0 heap, MB', 2)).toEqual(['worker0 heap, MB']);
    expect(growing('api0 heap, MB', 3)).toEqual(['api0 heap, MB']);
    expect(growing('api0 timers', 3)).toEqual(['api0 timers']);
    expect(growing('api0 RSS, MB', 1)).toEqual([]);
    expect(growing('api0 timers', 0)).toEqual([]);
  });

  it('lets an API process remember the tokens of visits', () => {
    expect(growing('api0 heap, MB', 0, 0.0005)).toEqual([]);
    expect(growing('api0 heap, MB', 0, 0.003)).toEqual(['api0 heap, MB']);
  });

  it('lets tables grow with visits, and no faster', () => {
    expect(growing('rows of outbox', 0, 2)).toEqual([]);
    expect(growing('rows of outbox', 400, 2)).toEqual(['rows of outbox']);
  });
});

describe('the schedule of faults', () => {
  const shape = { apis: 2, workers: 2, kafka: true };
  const names = [...nemeses.map(({ name }) => name), 'mixed'];

  it('is the same for the same seed, another for another, and all of it lies within its phase', () => {
    const [one, same, other] = [7, 7, 8].map((seed) => plan(names, seed, 20_000, shape, nemeses));
    expect(one).toEqual(same);
    expect(one).not.toEqual(other);
    expect(plan(['kill-mariadb'], 7, 20_000, shape, nemeses)[0]).toEqual(
      one?.find(({ name }) => name === 'kill-mariadb'),
    );
    for (const { faults } of one ?? []) {
      expect(faults.length).toBeGreaterThan(0);
      for (const { atMs, lastsMs } of faults) expect(atMs + lastsMs).toBeLessThan(20_000);
    }
  });
});
