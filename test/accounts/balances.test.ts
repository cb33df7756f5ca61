import type { SqlExecutor } from '../../src/platform/database/database';
import { PaymentRepository } from '../../src/modules/payments/repository';
import { UserDirectory } from '../../src/modules/accounts/directory';
import { BalanceRepository } from '../../src/modules/accounts/repository';
import { openAdminDatabase } from '../support/given';
import { undone } from '../support/undone';

const MOST = Number.MAX_SAFE_INTEGER;

describe('balances in the database', () => {
  const admin = openAdminDatabase();
  const balances = new BalanceRepository();
  afterAll(() => admin.close());

  const ledger = (tx: SqlExecutor, userId: number): Promise<unknown[]> =>
    tx.query(
      `SELECT kind, amount, balance_after AS after, payment_id IS NOT NULL AS paid
         FROM payment_history WHERE user_id = ? ORDER BY id`,
      [userId],
    );

  it('a charge adds up, is in the ledger, and is no other user’s', () =>
    undone(admin, async (tx, given) => {
      const [userId, other] = [await given.user(), await given.user(7)];
      expect(await balances.topUp(tx, userId, 50)).toBe(50);
      expect(await balances.topUp(tx, userId, 20)).toBe(70);
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
      expect(await balances.topUp(tx, userId, MOST - 9)).toBeUndefined();
      expect(await balances.findBalance(tx, userId)).toBe(10);
      expect(await ledger(tx, userId)).toHaveLength(1);
      expect(await balances.topUp(tx, userId, MOST - 10)).toBe(MOST);
      expect(await balances.topUp(tx, userId, 1)).toBeUndefined();
    }));

  it('gives what is there, to the last won, and no more', () =>
    undone(admin, async (tx, given) => {
      const [userId, other] = [await given.user(100), await given.user(100)];
      expect(await balances.debit(tx, userId, 101)).toBe(false);
      expect(await balances.debit(tx, userId, 40)).toBe(true);
      expect(await balances.debit(tx, userId, 60)).toBe(true);
      expect(await balances.debit(tx, userId, 1)).toBe(false);
      expect([await balances.findBalance(tx, userId), await balances.findBalance(tx, other)]).toEqual([
        0, 100,
      ]);
    }));

  it('a payment is in the ledger with what it left', () =>
    undone(admin, async (tx, given) => {
      const userId = await given.user(100);
      const reservation = await aReservation(tx, userId);
      await balances.debit(tx, userId, 30);
      const payment = await new PaymentRepository().insertPayment(tx, reservation, userId, 30);
      await balances.recordPayment(tx, userId, 30, payment);
      expect((await ledger(tx, userId)).at(-1)).toEqual({ kind: 'PAYMENT', amount: -30, after: 70, paid: 1 });
      expect(
        await tx.query('SELECT reservation_id, user_id, amount, status FROM payment WHERE id = ?', [payment]),
      ).toEqual([{ reservation_id: reservation, user_id: userId, amount: 30, status: 'DONE' }]);
    }));

  it('are of users alone', () =>
    undone(admin, async (tx) => {
      expect(await balances.findBalance(tx, 999_999_999)).toBeUndefined();
      expect(await balances.topUp(tx, 999_999_999, 1)).toBeUndefined();
      expect(await balances.debit(tx, 999_999_999, 0)).toBe(false);
      await expect(balances.recordPayment(tx, 999_999_999, 1, 1)).rejects.toThrow(
        'No ledger entry for user 999999999.',
      );
    }));

  async function aReservation(tx: SqlExecutor, userId: number): Promise<number> {
    const concert = await tx.execute("INSERT INTO concert (title) VALUES ('t')");
    const schedule = await tx.execute(
      'INSERT INTO concert_schedule (concert_id, starts_at, ends_at) VALUES (?, NOW(3), NOW(3) + INTERVAL 1 HOUR)',
      [concert.insertId],
    );
    const seat = await tx.execute(
      'INSERT INTO concert_seat (schedule_id, position, amount) VALUES (?, 1, 30)',
      [schedule.insertId],
    );
    const { insertId } = await tx.execute(
      `INSERT INTO reservation (user_id, schedule_id, seat_id, status, concert_title, starts_at, ends_at,
                                seat_position, amount, reserved_at, held_until)
       VALUES (?, ?, ?, 'RESERVED', 't', NOW(3), NOW(3), 1, 30, NOW(3), NOW(3))`,
      [userId, schedule.insertId, seat.insertId],
    );
    return insertId;
  }
});

describe('the directory of users', () => {
  const admin = openAdminDatabase();
  afterAll(() => admin.close());
  const newUser = async (): Promise<number> =>
    (await admin.execute("INSERT INTO member (name) VALUES ('Test user')")).insertId;

  it('asks for a user once, and for a stranger each time: it may be a user by then', async () => {
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

  it('learns all users by and by, and those who came meanwhile', async () => {
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
