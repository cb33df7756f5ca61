import { type Response, type Test } from 'supertest';
import { at } from '../../support/at';
import type { Buyer, OrderAct } from '../../support/clients/buyer';
import { expectInvariants } from '../../support/invariants';
import { dataOf, OrganizerClient } from '../../support/rows/organizer';
import { UNHURRIED, useService } from '../../support/suite';
import { until } from '../../support/wait';

const PRICE = 40;
const BALANCE = 100;
/** Orders on which a pair of acts is tried at once. */
const TRIES = 2;

/** An order as far as its acts depend on it. */
interface State {
  status: 'HELD' | 'PAID' | 'CANCELED';
  isExtended: boolean;
  isOff: boolean;
}

/** What has come of two acts. */
interface Ended extends Omit<State, 'isOff'> {
  isDone: boolean[];
}

interface Rows {
  status: State['status'];
  extended: 0 | 1;
  /** Won. */
  balance: number;
  /** Seats of the order that nobody has. */
  free: number;
}

interface Subject {
  buyer: Buyer;
  scheduleId: number;
  orderId: number;
}

interface Act {
  send: (subject: Subject) => Test;
  /** What it makes of an order; undefined: it is refused. */
  on: (state: State) => Partial<State> | undefined;
}

describe('two acts on an order at the same moment', () => {
  const app = useService({
    MANAGEMENT_PORT: 0,
    HOLD_EXTENSION_SECONDS: 60,
    REFUNDS_PER_SECOND: 10_000,
    ...UNHURRIED,
  });
  let organizer: OrganizerClient;
  beforeAll(async () => {
    organizer = await app.operator('admin');
  });
  afterAll(() => expectInvariants({ queueIds: [app.queueId] }));

  const reason = { reason: 'Two at once' };
  const byBuyer =
    (what: OrderAct) =>
    ({ buyer, orderId }: Subject): Test =>
      buyer.actOn(orderId, what);
  const end = ({ status }: State): Partial<State> | undefined =>
    status === 'CANCELED' ? undefined : { status: 'CANCELED' };
  const isHeld = ({ status, isOff }: State): boolean => status === 'HELD' && !isOff;
  const ACTS: Record<string, Act> = {
    payment: { send: byBuyer('payment'), on: (state) => (isHeld(state) ? { status: 'PAID' } : undefined) },
    extension: {
      send: byBuyer('extension'),
      on: (state) => (isHeld(state) && !state.isExtended ? { isExtended: true } : undefined),
    },
    release: {
      send: ({ buyer, orderId }) => buyer.release(orderId),
      on: (state) => (state.status === 'HELD' ? end(state) : undefined),
    },
    cancellation: {
      send: byBuyer('cancellation'),
      on: (state) => (state.status === 'PAID' ? end(state) : undefined),
    },
    'refund by an operator': {
      send: ({ orderId }) => organizer.post(`orders/${orderId}/refund`, reason),
      on: end,
    },
    'cancellation of the schedule': {
      send: ({ scheduleId }) => organizer.post(`schedules/${scheduleId}/cancellation`, reason),
      on: () => ({ isOff: true }),
    },
  };
  const pairs = Object.keys(ACTS).flatMap((one, i, all) => all.slice(i).map((other) => [one, other]));

  /** What comes of the two, one after the other. */
  function serial(first: string, second: string, before: State): Ended {
    let state = before;
    const isDone = [first, second].map((name) => {
      const change = ACTS[name]?.on(state);
      state = { ...state, ...change };
      return change !== undefined;
    });
    // The worker ends what is left of a canceled schedule.
    return { isDone, status: state.isOff ? 'CANCELED' : state.status, isExtended: state.isExtended };
  }

  async function subjectOf(status: 'HELD' | 'PAID'): Promise<Subject> {
    const { id: scheduleId, seats } = await app.given.scheduleWithSeats(2, { amount: PRICE });
    await app.admin.execute(
      'UPDATE concert_schedule SET refundable_until = NOW(3) + INTERVAL 1 HOUR WHERE id = ?',
      [scheduleId],
    );
    const buyer = await app.buyer(BALANCE);
    const seatIds = seats.map(({ id }) => id);
    const held = await buyer.order({ scheduleId, seatIds });
    const { orderId } = dataOf<{ orderId: number }>(held);
    if (status === 'PAID') dataOf(await buyer.actOn(orderId, 'payment'));
    return { buyer, scheduleId, orderId };
  }

  async function rowsOf({ scheduleId, orderId }: Subject, names: string[]): Promise<Rows> {
    if (names.includes('cancellation of the schedule'))
      await until('the schedule is refunded', async () => {
        const view = dataOf<{ state: string }>(await organizer.get(`schedules/${scheduleId}/cancellation`));
        return view.state === 'DONE';
      });
    const rows = await app.admin.query<Rows>(
      `SELECT o.status, o.extended, m.balance,
              (SELECT COUNT(*) FROM concert_seat s WHERE s.schedule_id = o.schedule_id AND s.status = 'AVAILABLE') AS free
         FROM orders o JOIN member m ON m.id = o.user_id WHERE o.id = ?`,
      [orderId],
    );
    return at(rows, 0);
  }

  const isDone = ({ status, text }: Response): boolean => {
    // Refused is what cannot be done any more; a fault or a lack of time is neither.
    if (![200, 403, 409].includes(status)) throw new Error(`${status} ${text}`);
    return status === 200;
  };

  /** What may be made of an order: by one order of the two acts, or by the other. */
  function allowed(one: string, other: string, status: 'HELD' | 'PAID'): Ended[] {
    const before = { status, isExtended: false, isOff: false };
    const reversed = serial(other, one, before);
    return [serial(one, other, before), { ...reversed, isDone: reversed.isDone.toReversed() }];
  }

  /** Where one act is refused whatever the other does, they do not compete. */
  const compete = (ends: Ended[]): boolean => [0, 1].every((i) => ends.some(({ isDone }) => isDone[i]));

  it.each(pairs)('%s and %s end as one after the other', async (one = '', other = '') => {
    for (const status of ['HELD', 'PAID'] as const) {
      const ends = allowed(one, other, status);
      if (!compete(ends)) continue;
      for (let i = 0; i < TRIES; i++) {
        const subject = await subjectOf(status);
        const answers = await Promise.all([one, other].map((name) => ACTS[name]?.send(subject) as Test));
        const is = await rowsOf(subject, [one, other]);
        const ended = { isDone: answers.map(isDone), status: is.status, isExtended: is.extended === 1 };
        expect(ends).toContainEqual(ended);
        const paid = is.status === 'PAID' ? 2 * PRICE : 0;
        expect([is.balance, is.free]).toEqual([BALANCE - paid, is.status === 'CANCELED' ? 2 : 0]);
      }
    }
  });
});
