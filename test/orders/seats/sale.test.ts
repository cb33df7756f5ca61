import type { SqlTransaction } from '../../../src/platform/database/database';
import { at } from '../../support/at';
import { openAdminDatabase } from '../../support/rows/given';
import { activeUser, refusalOf, Sales } from '../../support/rows/sales';
import { OTHER, seatActs } from '../../support/rows/seats';
import { undone } from '../../support/rows/undone';

describe('the sale of a seat', () => {
  const admin = openAdminDatabase();
  const sales = new Sales();
  const { take, holdOf, hold, sell, isPast, look } = seatActs(sales);
  afterAll(() => admin.close());

  it('a seat that is sold is taken by nobody, however long ago its hold would have ended', () =>
    undone(admin, async (tx, given) => {
      const { id, seats } = await given.scheduleWithSeats(1);
      const seat = at(seats, 0).id;
      expect(await sell(tx, await hold(tx, id, seat))).toBe(true);
      await isPast(tx, seat);
      expect(await take(tx, id, seat)).toBe(false);
      expect(await look(tx, seat)).toBe('RESERVED RESERVED');
    }));

  it('a sale needs the user’s own hold, and happens once while the hold lasts', () =>
    undone(admin, async (tx, given) => {
      const { id, seats } = await given.scheduleWithSeats(3);
      const [first, second, third] = [at(seats, 0).id, at(seats, 1).id, at(seats, 2).id];
      const holds = [await hold(tx, id, first), await hold(tx, id, second), await hold(tx, id, third)];
      expect(await sell(tx, at(holds, 0), OTHER)).toBe(false);
      expect(await sell(tx, at(holds, 0))).toBe(true);
      expect(await sell(tx, at(holds, 0))).toBe(false);
      await isPast(tx, third);
      expect(await sell(tx, at(holds, 2))).toBe(false);
      expect(await Promise.all([first, second, third].map((seat) => look(tx, seat)))).toEqual([
        'RESERVED RESERVED',
        'TEMP_RESERVED TEMP_RESERVED',
        'TEMP_RESERVED TEMP_RESERVED',
      ]);
    }));

  it('a hold that was cancelled cannot be sold', () =>
    undone(admin, async (tx, given) => {
      const { id, seats } = await given.scheduleWithSeats(1);
      const held = await hold(tx, id, at(seats, 0).id);
      await tx.execute("UPDATE reservation SET status = 'CANCELED' WHERE id = ?", [held]);
      expect(await sell(tx, held)).toBe(false);
    }));

  it('a sale of a seat that is not on hold is refused loudly', () =>
    undone(admin, async (tx, given) => {
      const { id, seats } = await given.scheduleWithSeats(1);
      const [seat, userId] = [at(seats, 0).id, await given.user(100)];
      const { orderId, rows } = await holdOf(tx, id, seat, userId);
      await tx.execute("UPDATE concert_seat SET status = 'AVAILABLE', held_until = NULL WHERE id = ?", [
        seat,
      ]);
      expect(await refusalOf(sales.pay(tx, [{ userId, reservationId: at(rows, 0).id }]))).toBe(
        `Order ${orderId} is held, but not all of its 1 seats are on hold.`,
      );
    }));

  it('a payment or a hold whose users cannot be locked has no statement under way when its transaction is given up', () =>
    undone(admin, async (tx, given) => {
      const { id: scheduleId, seats } = await given.scheduleWithSeats(2);
      const [userId, seatIds] = [await given.user(100), [at(seats, 1).id]];
      const reservationId = await hold(tx, scheduleId, at(seats, 0).id, userId);
      await tx.execute('UPDATE reservation SET order_id = NULL WHERE id = ?', [reservationId]); // as older versions do
      let underWay = 0;
      const counted = async <T>(answer: Promise<T>): Promise<T> => {
        underWay++;
        return answer.finally(() => underWay--);
      };
      const failing: SqlTransaction = {
        read: async (sql, binds) => {
          if (sql.includes('FROM member')) throw new Error('The lock is lost.');
          return counted(tx.read(sql, binds));
        },
        query: (sql, binds) => counted(tx.query(sql, binds)),
        execute: (sql, binds) => counted(tx.execute(sql, binds)),
        insertRows: (sql, rows) => counted(tx.insertRows(sql, rows)),
      };
      for (const work of [
        () => sales.pay(failing, [{ userId, reservationId }]),
        () => sales.hold(failing, [{ user: activeUser(userId), scheduleId, seatIds }]),
      ]) {
        const error: unknown = await work().catch((thrown: unknown) => thrown);
        expect([String(error), underWay]).toEqual(['Error: The lock is lost.', 0]);
      }
    }));
});
