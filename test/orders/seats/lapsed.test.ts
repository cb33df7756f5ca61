import { at } from '../../support/at';
import { openAdminDatabase } from '../../support/rows/given';
import { Sales } from '../../support/rows/sales';
import { OTHER, seatActs } from '../../support/rows/seats';
import { undone } from '../../support/rows/undone';

describe('a seat whose hold is past', () => {
  const admin = openAdminDatabase();
  const sales = new Sales();
  const { expiry } = sales;
  const { take, hold, isPast, look } = seatActs(sales);
  afterAll(() => admin.close());

  it('a hold that is past goes to the next, and no other hold with it', () =>
    undone(admin, async (tx, given) => {
      const { id, seats } = await given.scheduleWithSeats(3);
      const [first, second, current] = [at(seats, 0).id, at(seats, 1).id, at(seats, 2).id];
      for (const seat of [first, second, current]) await hold(tx, id, seat);
      await isPast(tx, first);
      await isPast(tx, second);
      await hold(tx, id, first, OTHER);
      expect(await look(tx, first)).toBe('TEMP_RESERVED CANCELED TEMP_RESERVED');
      expect(await look(tx, second)).toBe('TEMP_RESERVED TEMP_RESERVED');
      expect(await take(tx, id, current)).toBe(false);
      expect(await look(tx, current)).toBe('TEMP_RESERVED TEMP_RESERVED');
      await hold(tx, id, second, OTHER);
      const [row] = await tx.query<{ lasts: 0 | 1 }>(
        'SELECT held_until > NOW(3) AS lasts FROM concert_seat WHERE id = ?',
        [second],
      );
      expect(row?.lasts).toBe(1);
    }));

  it('a hold that is past is taken over by the rules of a free seat', () =>
    undone(admin, async (tx, given) => {
      const [one, other] = [await given.scheduleWithSeats(1), await given.scheduleWithSeats(1)];
      const seat = at(one.seats, 0).id;
      const held = await hold(tx, one.id, seat);
      await isPast(tx, seat);
      const again = (): Promise<unknown> =>
        tx.execute("UPDATE reservation SET status = 'TEMP_RESERVED' WHERE id = ?", [held]);
      expect(await take(tx, other.id, seat)).toBe(false);
      await again();
      expect(await take(tx, one.id, seat, 'vip')).toBe(false);
      await again();
      await tx.execute('UPDATE concert_schedule SET starts_at = NOW(3) - INTERVAL 1 SECOND WHERE id = ?', [
        one.id,
      ]);
      expect(await take(tx, one.id, seat)).toBe(false);
    }));

  it('a seat is believed before its reservation: neither taken over nor swept while it is held or sold', () =>
    undone(admin, async (tx, given) => {
      const { id, seats } = await given.scheduleWithSeats(2);
      const [held, sold] = [at(seats, 0).id, at(seats, 1).id];
      for (const seat of [held, sold]) await hold(tx, id, seat);
      await tx.execute("UPDATE concert_seat SET status = 'RESERVED', held_until = NULL WHERE id = ?", [sold]);
      const reservationIsPast = (): Promise<unknown> =>
        tx.execute(
          "UPDATE reservation SET status = 'TEMP_RESERVED', held_until = NOW(3) - INTERVAL 9 DAY WHERE schedule_id = ?",
          [id],
        );
      const seatsNow = async (): Promise<string[]> =>
        (await Promise.all([held, sold].map((seat) => look(tx, seat)))).map((all) => all.split(' ')[0] ?? '');
      await reservationIsPast();
      expect([await take(tx, id, held), await take(tx, id, sold)]).toEqual([false, false]);
      expect(await seatsNow()).toEqual(['TEMP_RESERVED', 'RESERVED']);
      await reservationIsPast();
      expect(await expiry.expireHolds(tx, 2)).toHaveLength(2);
      expect(await seatsNow()).toEqual(['TEMP_RESERVED', 'RESERVED']);
    }));
});
