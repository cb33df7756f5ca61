import { ExtensionRepository } from '../../src/modules/orders/holds/extension-repository';
import { RefundRepository } from '../../src/modules/orders/refunds/refund-repository';
import { OrderRepository } from '../../src/modules/orders/order-repository';
import type { Outcome } from '../../src/platform/database/batch/outcome';
import type { SqlTransaction } from '../../src/platform/database/database';
import { Tracer } from '../../src/platform/observability/traces/tracer';
import { at } from '../support/at';
import { Given } from '../support/rows/given';
import { activeUser, HOLD_SECONDS, Sales } from '../support/rows/sales';
import { Scratch } from '../support/rows/scratch';
import { SteppedTransaction } from '../support/rows/stepped';

/** For a transaction with such a clock every hold has lapsed; for the others none has. */
const AHEAD_SECONDS = 2 * HOLD_SECONDS;
/** Of each order, as indexes of seats: no order of the orders is the order of their seats. */
const [HELD, PAID] = [
  [
    [2, 5],
    [0, 3],
  ],
  [
    [6, 7],
    [1, 4],
  ],
];
const SEATS = 8;

interface Act {
  work: (tx: SqlTransaction) => Promise<unknown>;
  aheadSeconds?: number;
  /** What it gives when nothing is in its way. */
  gives: unknown;
}

const ACTS = [
  'holds of seats whose holds have lapsed',
  'holds of seats that are taken',
  'the expiry of holds',
  'payments',
  'an extension',
  'releases',
  'refunds',
  'the cancellation of the schedule',
];

/** It passes over what is locked. */
const NEVER_WAITS = 'the expiry of holds';

describe('transactions on the same seats', () => {
  const sales = new Sales();
  let scratch: Scratch;
  let acts: Map<string, Act>;
  let seatIds: number[];

  beforeAll(async () => {
    scratch = await Scratch.migrated();
    acts = await makeActs();
  });
  afterAll(() => scratch.drop());

  const start = ({ work, aheadSeconds = 0 }: Act): SteppedTransaction =>
    new SteppedTransaction(scratch.admin, work, aheadSeconds);
  const seatsOf = (order: number[]): number[] => order.map((seat) => at(seatIds, seat)).sort((a, b) => a - b);

  async function makeActs(): Promise<Map<string, Act>> {
    const given = new Given(scratch.admin);
    const { id: scheduleId, seats } = await given.scheduleWithSeats(SEATS);
    seatIds = seats.map(({ id }) => id);
    const users = await given.users(6, 10_000);
    const holds: { userId: number; reservationId: number; orderId: number }[] = [];
    for (const [i, order] of [...HELD, ...PAID].entries())
      await scratch.admin.transaction(async (tx) => {
        const userId = at(users, i);
        const wanted = { user: activeUser(userId), scheduleId, seatIds: seatsOf(order) };
        const [outcome] = await sales.hold(tx, [wanted]);
        if (outcome?.kind !== 'done') throw new Error('A seat is not free.');
        holds.push({ userId, reservationId: at(outcome.value.rows, 0).id, orderId: outcome.value.orderId });
      });
    const [held, paid] = [holds.slice(0, HELD.length), holds.slice(HELD.length)];
    await scratch.admin.transaction((tx) => sales.pay(tx, paid));

    const orders = new OrderRepository();
    const refunds = new RefundRepository(sales.balances, new Tracer());
    const idsOf = (some: typeof holds): number[] => some.map(({ orderId }) => orderId).reverse();
    const hold = async (tx: SqlTransaction, ...wanted: number[][]): Promise<string[]> => {
      const requests = wanted.map((seats, i) => ({
        user: activeUser(at(users, 4 + i)),
        scheduleId,
        seatIds: seatsOf(seats),
      }));
      return kinds(await sales.hold(tx, requests));
    };
    const extend = async (tx: SqlTransaction, { userId, orderId } = at(held, 1)): Promise<boolean> => {
      await orders.lockUser(tx, userId);
      return new ExtensionRepository().extend(tx, at(await orders.find(tx, [orderId]), 0), 60);
    };
    return new Map<string, Act>([
      [
        'holds of seats whose holds have lapsed',
        { work: (tx) => hold(tx, [0, 2], [3]), aheadSeconds: AHEAD_SECONDS, gives: ['done', 'done'] },
      ],
      [
        'holds of seats that are taken',
        { work: (tx) => hold(tx, [0, 1, 2, 3], [4, 5, 6, 7]), gives: ['refused', 'refused'] },
      ],
      [
        'the expiry of holds',
        {
          work: async (tx) => (await sales.expiry.expireHolds(tx, 500)).length,
          aheadSeconds: AHEAD_SECONDS,
          gives: HELD.flat().length,
        },
      ],
      ['payments', { work: async (tx) => kinds(await sales.pay(tx, held)), gives: ['done', 'done'] }],
      ['an extension', { work: extend, gives: true }],
      ['releases', { work: (tx) => refunds.releaseOrders(tx, idsOf(held)), gives: idsOf(held).reverse() }],
      [
        'refunds',
        { work: (tx) => refunds.refundOrders(tx, idsOf(paid), 'buyer'), gives: idsOf(paid).reverse() },
      ],
      [
        'the cancellation of the schedule',
        {
          work: (tx) => refunds.endOrders(tx, idsOf(holds), 'schedule'),
          gives: { refunded: idsOf(paid).reverse(), released: idsOf(held).reverse() },
        },
      ],
    ]);
  }

  const actOf = (name: string): Act => acts.get(name) as Act;

  /** Both go on. @returns which statements wait for each other, if any do */
  async function deadlockOf(one: SteppedTransaction, other: SteppedTransaction): Promise<string | undefined> {
    await one.run();
    const isOver = (await other.run()) === 'over' && (await one.run()) === 'over';
    return isOver ? undefined : `${one.next} × ${other.next}`;
  }

  it('each do what they are to do when they are alone', async () => {
    expect([...acts.keys()]).toEqual(ACTS);
    for (const [name, act] of acts) {
      let gave: unknown;
      const alone = start({ ...act, work: async (tx) => (gave = await act.work(tx)) });
      expect([name, await alone.run(), alone.error]).toEqual([name, 'over', undefined]);
      expect([name, gave]).toEqual([name, act.gives]);
    }
  });

  it.each(ACTS)('never wait for each other, whichever statement of %s another comes behind', async (a) => {
    const deadlocks: string[] = [];
    for (const b of ACTS)
      for (let steps = 1; ; steps++) {
        const [one, other] = [start(actOf(a)), start(actOf(b))];
        let last = 'ran';
        for (let i = 0; i < steps && last === 'ran'; i++) last = await one.step();
        // What is over waits for nothing, so then there is no deadlock.
        const mayWait = (await other.run()) === 'waits' && last !== 'over';
        const deadlock = mayWait ? await deadlockOf(one, other) : undefined;
        if (deadlock !== undefined) deadlocks.push(`${a} × ${b}: ${deadlock}`);
        await Promise.all([one.end(), other.end()]);
        if (last === 'over') break;
      }
    expect(deadlocks).toEqual([]);
  });

  it.each(ACTS)(
    'never wait for each other when %s and another are behind a seat that is locked',
    async (a) => {
      const deadlocks: string[] = [];
      let waited = 0;
      for (const seatId of seatIds)
        for (const b of ACTS) {
          const lock = async (tx: SqlTransaction): Promise<void> => {
            await tx.query('SELECT id FROM concert_seat WHERE id = ? FOR UPDATE', [seatId]);
            await tx.query('SELECT 1'); // not run: a transaction that is over has no locks
          };
          const somebody = start({ work: lock, gives: 1 });
          await somebody.step();
          const [one, other] = [start(actOf(a)), start(actOf(b))];
          const isBehind = (await one.run()) === 'waits';
          const areBehind = isBehind && (await other.run()) === 'waits';
          await somebody.end();
          const deadlock = areBehind ? await deadlockOf(one, other) : undefined;
          if (deadlock !== undefined) deadlocks.push(`${a} × ${b}: ${deadlock}`);
          await Promise.all([one.end(), other.end()]);
          if (isBehind) waited++;
          else break; // it does not need this seat: it is over, whatever comes behind it
        }
      expect(deadlocks).toEqual([]);
      expect(waited > 0).toBe(a !== NEVER_WAITS);
    },
  );
});

const kinds = (outcomes: Outcome<unknown>[]): string[] => outcomes.map(({ kind }) => kind);
