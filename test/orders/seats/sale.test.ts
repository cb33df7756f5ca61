import { at } from '../../support/at';
import { openAdminDatabase } from '../../support/rows/given';
import { refusalOf, Sales } from '../../support/rows/sales';
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
});
