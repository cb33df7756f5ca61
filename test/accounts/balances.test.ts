import type { SqlExecutor, SqlTransaction } from '../../src/platform/database/database';
import { UserDirectory } from '../../src/modules/accounts/directory';
import { BalanceRepository } from '../../src/modules/accounts/repository';
import { openAdminDatabase } from '../support/rows/given';
import { activeUser, Sales } from '../support/rows/sales';
import { undone } from '../support/rows/undone';

const MOST = Number.MAX_SAFE_INTEGER;

describe('balances in the database', () => {
  const admin = openAdminDatabase();
  const [sales, balances] = [new Sales(), new BalanceRepository()];
  afterAll(() => admin.close());

  /** @returns the balance after it; undefined: refused */
  async function topUp(tx: SqlTransaction, userId: number, amount: number): Promise<number | undefined> {
    const outcome = await sales.topUp(tx, userId, amount);
    return outcome.kind === 'done' ? outcome.value : undefined;
  }

  const ledger = (tx: SqlExecutor, userId: number): Promise<unknown[]> =>
    tx.query(
      `SELECT kind, amount, balance_after AS after, payment_id IS NOT NULL AS paid
         FROM payment_history WHERE user_id = ? ORDER BY id`,
      [userId],
    );

  it('a charge adds up, is in the ledger, and is no other user’s', () =>
    undone(admin, async (tx, given) => {
      const [userId, other] = [await given.user(), await given.user(7)];
      expect(await topUp(tx, userId, 50)).toBe(50);
      expect(await topUp(tx, userId, 20)).toBe(70);
      expect([await balances.findBalance(tx, userId), await balances.findBalance(tx, other)]).toEqual([
        70, 7,
      ]);
      expect(await ledger(tx, userId)).toEqual([
        { kind: 'CHARGE', amount: 50, after: 50, paid: 0 },
        { kind: 'CHARGE', amount: 20, after: 70, paid: 0 },
      ]);
      expect(await ledger(tx, other)).toHaveLength(1);
    }));

  it('holds 2^53 − 1 and not a won more', () =>
    undone(admin, async (tx, given) => {
      const userId = await given.user(10);
      expect(await topUp(tx, userId, MOST - 9)).toBeUndefined();
      expect(await balances.findBalance(tx, userId)).toBe(10);
      expect(await ledger(tx, userId)).toHaveLength(1);
      expect(await topUp(tx, userId, MOST - 10)).toBe(MOST);
      expect(await topUp(tx, userId, 1)).toBeUndefined();
    }));

  it('debits down to the last won and refuses more than the balance', () =>
    undone(admin, async (tx, given) => {
      const [userId, other] = [await given.user(100), await given.user(100)];
      expect(await balances.debit(tx, [{ userId, amount: 101 }])).toBe(false);
      expect(await balances.debit(tx, [{ userId, amount: 40 }])).toBe(true);
      expect(await balances.debit(tx, [{ userId, amount: 60 }])).toBe(true);
      expect(await balances.debit(tx, [{ userId, amount: 1 }])).toBe(false);
      expect([await balances.findBalance(tx, userId), await balances.findBalance(tx, other)]).toEqual([
        0, 100,
      ]);
    }));

  it('a payment is in the ledger with the balance after it', () =>
    undone(admin, async (tx, given) => {
      const userId = await given.user(100);
      const [schedule, user] = [await given.scheduleWithSeats(1, { amount: 30 }), activeUser(userId)];
      const [held] = await sales.hold(tx, [
        { user, scheduleId: schedule.id, seatIds: schedule.seats.map(({ id }) => id) },
      ]);
      const reservationId = held?.kind === 'done' ? (held.value.rows[0]?.id ?? 0) : 0;
      const [paid] = await sales.pay(tx, [{ userId, reservationId }]);
      expect(paid).toMatchObject({ kind: 'done', value: { amount: 30, seats: 1, endsSession: true } });
      expect((await ledger(tx, userId)).at(-1)).toEqual({ kind: 'PAYMENT', amount: -30, after: 70, paid: 1 });
      expect(
        await tx.query('SELECT user_id, amount, status FROM payment WHERE reservation_id = ?', [
          reservationId,
        ]),
      ).toEqual([{ user_id: userId, amount: 30, status: 'DONE' }]);
    }));

  it('several changes of a user in one statement add up, and follow from each other', () =>
    undone(admin, async (tx, given) => {
      const [userId, other] = [await given.user(100), await given.user(5)];
      const debits = [
        { userId, amount: 60 },
        { userId: other, amount: 5 },
        { userId, amount: 40 },
      ];
      expect(await balances.debit(tx, debits)).toBe(true);
      expect(
        await balances.debit(tx, [
          { userId, amount: 0 },
          { userId: other, amount: 1 },
        ]),
      ).toBe(false);
      expect([await balances.findBalance(tx, userId), await balances.findBalance(tx, other)]).toEqual([0, 0]);
    }));

  it('only users have a balance', () =>
    undone(admin, async (tx) => {
      expect(await balances.findBalance(tx, 999_999_999)).toBeUndefined();
      expect(await topUp(tx, 999_999_999, 1)).toBeUndefined();
      expect(await balances.debit(tx, [{ userId: 999_999_999, amount: 0 }])).toBe(false);
    }));
});

describe('the directory of users', () => {
  const admin = openAdminDatabase();
  afterAll(() => admin.close());
  const newUser = async (): Promise<number> =>
    (await admin.execute("INSERT INTO member (name) VALUES ('Test user')")).insertId;

  it('looks a known user up once, and an unknown one each time: it may be a user by then', async () => {
    const [directory, userId] = [new UserDirectory(admin), await newUser()];
    const asked = jest.spyOn(admin, 'query');
    expect(directory.isKnown(userId)).toBe(false);
    expect([await directory.exists(userId), await directory.exists(userId)]).toEqual([true, true]);
    expect(directory.isKnown(userId)).toBe(true);
    expect(asked).toHaveBeenCalledTimes(1);
    expect([await directory.exists(999_999_999), await directory.exists(999_999_999)]).toEqual([
      false,
      false,
    ]);
    expect(directory.isKnown(999_999_999)).toBe(false);
    expect(asked).toHaveBeenCalledTimes(3);
    asked.mockRestore();
  });

  it('learns all users step by step, also those added in the meantime', async () => {
    const [directory, userId] = [new UserDirectory(admin), await newUser()];
    const learnAll = async (): Promise<void> => {
      for (let turns = 0; await directory.loadMore();) expect(turns++).toBeLessThan(50);
    };
    expect(await directory.loadMore()).toBe(true);
    await learnAll();
    expect(directory.isKnown(userId)).toBe(true);
    expect(directory.isKnown(userId + 1_000_000)).toBe(false);
    const late = await newUser();
    expect(directory.isKnown(late)).toBe(false);
    await learnAll();
    expect(directory.isKnown(late)).toBe(true);
  });
});
