import fc from 'fast-check';
import { TransactionBatcher } from '../../src/platform/database/batch/transaction-batcher';
import { type Outcome } from '../../src/platform/database/batch/outcome';
import { BatchMetrics } from '../../src/platform/database/batch/metrics';
import type { Database, SqlTransaction } from '../../src/platform/database/database';
import { Metrics } from '../../src/platform/observability/metrics';
import { at } from '../support/at';
import { Given, openAdminDatabase } from '../support/rows/given';
import { activeUser, Sales } from '../support/rows/sales';
import { signal } from '../support/wait';

const [USERS, SEATS, PRICE, SEAT_LIMIT] = [4, 5, 30, 3];

/** An act of one of the users; its numbers are indexes, so that it means the same in two worlds. */
type Act =
  | { kind: 'hold'; user: number; seats: number[] }
  | { kind: 'pay'; user: number; seat: number }
  | { kind: 'topUp'; user: number; amount: number };

/** A schedule and its users, whom no other world knows. */
interface World {
  scheduleId: number;
  seatIds: number[];
  userIds: number[];
}

const user = fc.nat(USERS - 1);
const hold = fc.record({
  kind: fc.constant('hold' as const),
  user,
  seats: fc.uniqueArray(fc.nat(SEATS - 1), { minLength: 1, maxLength: 3 }),
});
const pay = fc.record({ kind: fc.constant('pay' as const), user, seat: fc.nat(SEATS - 1) });
const topUp = fc.record({
  kind: fc.constant('topUp' as const),
  user,
  amount: fc.integer({ min: 1, max: 50 }),
});
const case_ = fc.record({
  balances: fc.array(fc.nat(100), { minLength: USERS, maxLength: USERS }),
  rounds: fc.array(
    fc.oneof(...[hold, pay, topUp].map((act) => fc.array<Act>(act, { minLength: 1, maxLength: 12 }))),
    { minLength: 1, maxLength: 4 },
  ),
  /** Which statement of a batch fails; 0: none. */
  fails: fc.nat(9),
});

describe('a batch', () => {
  const admin = openAdminDatabase();
  const [sales, given] = [new Sales(SEAT_LIMIT), new Given(admin)];
  afterAll(() => admin.close());

  async function makeWorld(balances: number[]): Promise<World> {
    const { id, seats } = await given.scheduleWithSeats(SEATS, { amount: PRICE });
    const userIds: number[] = [];
    for (const balance of balances) userIds.push(await given.user(balance));
    return { scheduleId: id, seatIds: seats.map((seat) => seat.id), userIds };
  }

  const reservationOf = async (tx: SqlTransaction, world: World, seat: number): Promise<number> => {
    const sql = 'SELECT id FROM reservation WHERE live_seat_id = ?';
    const [row] = await tx.query<{ id: number }>(sql, [at(world.seatIds, seat)]);
    return row?.id ?? 999_999_999;
  };

  async function work(tx: SqlTransaction, world: World, acts: Act[]): Promise<Outcome<unknown>[]> {
    const idOf = (act: Act): number => at(world.userIds, act.user);
    const [first] = acts;
    if (first?.kind === 'hold')
      return sales.hold(
        tx,
        acts.map((act) => ({
          user: activeUser(idOf(act)),
          scheduleId: world.scheduleId,
          seatIds: (act.kind === 'hold' ? act.seats : [])
            .map((seat) => at(world.seatIds, seat))
            .sort((a, b) => a - b),
        })),
      );
    if (first?.kind === 'pay') {
      const payments = [];
      for (const act of acts)
        payments.push({
          userId: idOf(act),
          reservationId: await reservationOf(tx, world, act.kind === 'pay' ? act.seat : 0),
        });
      return sales.pay(tx, payments);
    }
    const topUps = acts.map((act) => ({ userId: idOf(act), amount: act.kind === 'topUp' ? act.amount : 0 }));
    return sales.topUpAll(tx, topUps);
  }

  /** A database on which transactions wait at a gate. */
  function gated(): { database: Pick<Database, 'transaction'>; open: () => void } {
    const gate = signal();
    const database: Pick<Database, 'transaction'> = {
      transaction: async (run) => {
        await gate.given;
        return admin.transaction(run);
      },
    };
    return { database, open: gate.give };
  }

  const said = async (world: World, answer: Promise<unknown>): Promise<string> => {
    try {
      await answer;
      return 'done';
    } catch (error) {
      const { message } = error as Error;
      if (message.startsWith('You have')) return message; // the number is the limit
      return message.replaceAll(/\d+/g, (id) => nameOf(world, Number(id)));
    }
  };
  /** Ids differ from world to world. */
  const nameOf = ({ seatIds }: World, id: number): string => {
    const seat = seatIds.indexOf(id);
    return seat === -1 ? 'N' : `#${seat}`;
  };

  /** What came of it: who has which seat, and every balance. */
  async function stateOf(world: World): Promise<unknown> {
    const seats = await admin.query<{ status: string; userId: number | null; seats: number | null }>(
      `SELECT s.status, r.user_id AS userId, (SELECT COUNT(*) FROM reservation i WHERE i.order_id = r.order_id) AS seats
         FROM concert_seat s LEFT JOIN reservation r ON r.live_seat_id = s.id WHERE s.schedule_id = ? ORDER BY s.id`,
      [world.scheduleId],
    );
    const ledgers = await admin.query<{ balance: number; entries: string | null }>(
      `SELECT m.balance, (SELECT GROUP_CONCAT(h.amount, '>', h.balance_after ORDER BY h.id) FROM payment_history h
                           WHERE h.user_id = m.id) AS entries
         FROM member m WHERE FIND_IN_SET(m.id, ?) ORDER BY m.id`, // other tests add users between
      [world.userIds.join()],
    );
    return [
      seats.map((seat) => ({
        ...seat,
        userId: seat.userId === null ? null : world.userIds.indexOf(seat.userId),
      })),
      ledgers,
    ];
  }

  /** All acts of a round in batches, behind two others that hold them up; the first of several requests fails once. */
  async function together(world: World, acts: Act[], statement: number): Promise<string[]> {
    const failing = { statement: 0 };
    const { database, open } = gated();
    const batcher = new TransactionBatcher<Act | 'blocker', unknown>(
      {
        name: 'test',
        userOf: (act) => (act === 'blocker' ? -Math.random() : act.user),
        work: async (tx, requests) => {
          if (requests[0] === 'blocker') return requests.map(() => ({ kind: 'done', value: 0 }));
          return work(requests.length > 1 ? failingAt(tx, failing) : tx, world, requests as Act[]);
        },
      },
      database,
      new BatchMetrics(new Metrics()),
      60_000,
    );
    const blockers = [];
    for (let i = 0; i < 2; i++) {
      blockers.push(batcher.submit('blocker'));
      await new Promise(setImmediate); // else they would be one batch
    }
    const answers = acts.map((act) => said(world, batcher.submit(act)));
    failing.statement = acts.length > 1 ? statement : 0;
    open();
    await Promise.all(blockers);
    return Promise.all(answers);
  }

  async function oneByOne(world: World, acts: Act[]): Promise<string[]> {
    const database: Pick<Database, 'transaction'> = { transaction: (run) => admin.transaction(run) };
    const batcher = new TransactionBatcher<Act, unknown>(
      { name: 'test', userOf: (act) => act.user, work: (tx, requests) => work(tx, world, requests) },
      database,
      new BatchMetrics(new Metrics()),
      60_000,
    );
    const answers = [];
    for (const act of acts) answers.push(await said(world, batcher.submit(act)));
    return answers;
  }

  it('does what its requests would have done one by one, also when one of its statements fails', async () => {
    await fc.assert(
      fc.asyncProperty(case_, async ({ balances, rounds, fails }) => {
        const [one, other] = [await makeWorld(balances), await makeWorld(balances)];
        for (const acts of rounds) {
          expect(await together(one, acts, fails)).toEqual(await oneByOne(other, acts));
          expect(await stateOf(one)).toEqual(await stateOf(other));
        }
      }),
      { numRuns: 30, seed: 18, endOnFailure: true },
    );
  });

  it('keeps no lock of a seat that it refuses', async () => {
    const { scheduleId, seatIds, userIds } = await makeWorld([0, 0, 0]);
    const [taken, free] = [at(seatIds, 0), at(seatIds, 1)];
    const hold = (tx: SqlTransaction, ...wanted: [buyer: number, seatId: number][]) =>
      sales.hold(
        tx,
        wanted.map(([buyer, seatId]) => ({
          user: activeUser(at(userIds, buyer)),
          scheduleId,
          seatIds: [seatId],
        })),
      );
    await admin.transaction((tx) => hold(tx, [0, taken]));
    await admin.transaction(async (tx) => {
      const outcomes = await hold(tx, [1, taken], [2, free]);
      expect(outcomes.map(({ kind }) => kind)).toEqual(['refused', 'done']);
      const unlocked = `SELECT id FROM concert_seat FORCE INDEX (PRIMARY) WHERE id IN (?, ?) FOR UPDATE SKIP LOCKED`;
      expect(await admin.query(unlocked, [taken, free])).toEqual([{ id: taken }]);
    });
  });
});

/** The transaction whose n-th statement that writes fails; only the first such transaction. */
function failingAt(tx: SqlTransaction, failing: { statement: number }): SqlTransaction {
  const count = async (): Promise<void> => {
    if (failing.statement === 0 || --failing.statement > 0) return Promise.resolve();
    throw new Error('The statement fails.');
  };
  return {
    read: (sql, binds) => tx.read(sql, binds),
    query: async (sql, binds) => {
      await count();
      return tx.query(sql, binds);
    },
    execute: async (sql, binds) => {
      await count();
      return tx.execute(sql, binds);
    },
    insertRows: async (sql, rows) => {
      await count();
      return tx.insertRows(sql, rows);
    },
  };
}
