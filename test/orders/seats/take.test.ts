import { HoldRepository } from '../../../src/modules/orders/holds/hold-repository';
import { at } from '../../support/at';
import { openAdminDatabase } from '../../support/rows/given';
import { activeUser, HOLD_SECONDS, MAIN, refusalOf, Sales } from '../../support/rows/sales';
import { USER, seatActs } from '../../support/rows/seats';
import { undone } from '../../support/rows/undone';

describe('a seat that somebody wants', () => {
  const admin = openAdminDatabase();
  const sales = new Sales();
  const { ask, take, why, holdOf, hold, sell, isPast, look } = seatActs(sales);
  afterAll(() => admin.close());

  it('a free seat is taken once, and no other seat with it', () =>
    undone(admin, async (tx, given) => {
      const { id, seats } = await given.scheduleWithSeats(3);
      await hold(tx, id, at(seats, 1).id);
      expect(await take(tx, id, at(seats, 1).id)).toBe(false);
      expect(await Promise.all(seats.map((seat) => look(tx, seat.id)))).toEqual([
        'AVAILABLE',
        'TEMP_RESERVED TEMP_RESERVED',
        'AVAILABLE',
      ]);
    }));

  it('a seat is taken under its own schedule alone, in the future, by its line', () =>
    undone(admin, async (tx, given) => {
      const [one, other] = [await given.scheduleWithSeats(1), await given.scheduleWithSeats(1)];
      const begun = await given.scheduleWithSeats(1, { startsInSeconds: -1 });
      expect(await take(tx, one.id, at(other.seats, 0).id)).toBe(false);
      expect(await take(tx, begun.id, at(begun.seats, 0).id)).toBe(false);
      expect(await take(tx, one.id, at(one.seats, 0).id, 'vip')).toBe(false);
      await tx.execute(
        "UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = 'vip' WHERE d.id = ?",
        [one.id],
      );
      expect(await take(tx, one.id, at(one.seats, 0).id)).toBe(false);
      expect(await take(tx, one.id, at(one.seats, 0).id, 'vip')).toBe(true);
    }));

  it.each([
    ['NULL', MAIN],
    ["''", MAIN],
    [`'${MAIN}'`, MAIN],
    ["'vip'", 'vip'],
  ])('a concert whose queue_id is %s is sold by the queue %s alone, held and to be paid', (queueId, seller) =>
    undone(admin, async (tx, given) => {
      const { id, seats } = await given.scheduleWithSeats(1);
      const seat = at(seats, 0).id;
      await tx.execute(
        `UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = ${queueId} WHERE d.id = ?`,
        [id],
      );
      const other = seller === MAIN ? 'vip' : MAIN;
      expect(await take(tx, id, seat, other)).toBe(false);
      const user = activeUser(USER, seller);
      const [held] = await sales.hold(tx, [{ user, scheduleId: id, seatIds: [seat] }]);
      expect(held).toMatchObject({ kind: 'done', value: { isNew: true } });
      expect(await why(tx, id, seat)).toMatch(seller === MAIN ? /somebody else has it/ : /has its own queue/);
      const reservationId = held?.kind === 'done' ? (held.value.rows[0]?.id ?? 0) : 0;
      const items = (): Promise<unknown> => sales.payments.findItems(tx, [{ user, reservationId }]);
      expect(await items()).toMatchObject([{ queueId: seller, isHeld: 1 }]);
      // An organizer who moves the concert to another queue takes nobody's hold away.
      await tx.execute(
        "UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = 'moved' WHERE d.id = ?",
        [id],
      );
      expect(await items()).toMatchObject([{ queueId: seller, isHeld: 1 }]);
    }),
  );

  it('a hold lasts HOLD_SECONDS, and keeps what was bought', () =>
    undone(admin, async (tx, given) => {
      const { id, title, seats } = await given.scheduleWithSeats(2, { amount: 55 });
      const { orderId, rows, leftMs } = await holdOf(tx, id, at(seats, 1).id);
      const row = at(rows, 0);
      expect(row).toMatchObject({
        concertTitle: title,
        seatPosition: 2,
        seatId: at(seats, 1).id,
        amount: 55,
      });
      expect([row.heldUntil.getTime() - row.reservedAt.getTime(), leftMs]).toEqual([
        1000 * HOLD_SECONDS,
        1000 * HOLD_SECONDS,
      ]);
      const [left] = await tx.query<{ seconds: number }>(
        `SELECT TIMESTAMPDIFF(SECOND, NOW(3), s.held_until) AS seconds
           FROM concert_seat s JOIN reservation r ON r.seat_id = s.id AND r.held_until = s.held_until
           JOIN orders o ON o.id = r.order_id AND o.held_until = r.held_until AND o.created_at = r.reserved_at
          WHERE r.id = ? AND o.id = ? AND o.total = r.amount AND o.user_id = r.user_id`,
        [row.id, orderId],
      );
      expect(left?.seconds).toBeGreaterThan(HOLD_SECONDS - 200);
      expect(left?.seconds).toBeLessThanOrEqual(HOLD_SECONDS);
      const items = await sales.payments.findItems(tx, [{ user: activeUser(USER), reservationId: row.id }]);
      expect(items).toMatchObject([
        {
          orderId,
          userId: USER,
          orderStatus: 'HELD',
          total: 55,
          concertTitle: title,
          seatPosition: 2,
          queueId: MAIN,
        },
      ]);
      const nobodys = await sales.payments.findItems(tx, [
        { user: activeUser(USER), reservationId: row.id + 1_000_000 },
      ]);
      expect(nobodys).toMatchObject([{ userId: null, orderId: null }]);
    }));

  it('counts the seats that a user has of a schedule: bought, and held as long as the hold lasts', () =>
    undone(admin, async (tx, given) => {
      const limit = 3;
      const limited = new Sales(limit);
      const [one, other] = [await given.scheduleWithSeats(6), await given.scheduleWithSeats(1)];
      const [userId, friend] = [await given.user(), await given.user()];
      const seat = (index: number): number => at(one.seats, index).id;
      const isFull = async (index: number): Promise<boolean> => {
        const request = { user: activeUser(userId), scheduleId: one.id, seatIds: [seat(index)] };
        const refusal = await refusalOf(limited.hold(tx, [request]));
        return refusal?.startsWith(`You have ${limit} seats`) === true;
      };
      await sell(tx, await hold(tx, one.id, seat(0), userId), userId);
      await hold(tx, one.id, seat(1), userId);
      await hold(tx, one.id, seat(2), friend);
      await hold(tx, other.id, at(other.seats, 0).id, userId);
      expect(await isFull(2)).toBe(false); // a friend has it, but it is not too many
      await hold(tx, one.id, seat(3), userId);
      expect(await Promise.all([1, 2, 4].map(isFull))).toEqual([false, true, true]); // its own counts once
      await isPast(tx, seat(0));
      expect(await isFull(4)).toBe(true); // bought, and not only held
      await isPast(tx, seat(1));
      expect(await isFull(2)).toBe(false);
      await hold(tx, one.id, seat(4), userId);
      expect(await isFull(5)).toBe(true);
      await tx.execute("UPDATE reservation SET status = 'CANCELED' WHERE seat_id = ?", [seat(3)]);
      expect(await isFull(2)).toBe(false);
    }));

  it('the holds of a user wait for each other', async () => {
    const { insertId: userId } = await admin.execute("INSERT INTO member (name) VALUES ('Test user')");
    let isCounted = false;
    let second: Promise<void> = Promise.resolve();
    await undone(admin, async (tx) => {
      await ask(tx, 1, 1, userId);
      second = undone(admin, async (other) => {
        await ask(other, 1, 2, userId);
        isCounted = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(isCounted).toBe(false);
    });
    await second;
    expect(isCounted).toBe(true);
  });

  it('knows why a seat was not taken: its schedule, its line, who has it, and when all are sold', () =>
    undone(admin, async (tx, given) => {
      const [one, other] = [await given.scheduleWithSeats(2), await given.scheduleWithSeats(1)];
      const begun = await given.scheduleWithSeats(1, { startsInSeconds: -1 });
      const [first, second] = [at(one.seats, 0).id, at(one.seats, 1).id];
      await sell(tx, await hold(tx, one.id, first));
      expect(await why(tx, one.id, first)).toBe(`Seat ${first} cannot be reserved: somebody else has it.`);
      expect(await why(tx, begun.id, at(begun.seats, 0).id)).toMatch(/has begun/);
      expect(await why(tx, other.id, first)).toBe(`Seat ${first} of schedule ${other.id} does not exist.`);
      expect(await why(tx, one.id, 999_999_999)).toBe(`Seat 999999999 of schedule ${one.id} does not exist.`);
      expect(await why(tx, 999_999_999, first)).toBe('Schedule 999999999 does not exist.');
      const held = await hold(tx, one.id, second);
      expect(await why(tx, one.id, second)).toMatch(/somebody else has it/);
      expect((await ask(tx, one.id, second))[0]).toMatchObject({
        kind: 'done',
        value: { isNew: false, rows: [{ id: held }] },
      });
      expect(await why(tx, one.id, first, USER)).toMatch(/somebody else has it/); // bought is not held
      await sell(tx, held);
      expect(await why(tx, one.id, second)).toBe(`Schedule ${one.id} is sold out.`);
      await tx.execute(
        "UPDATE concert c JOIN concert_schedule d ON d.concert_id = c.id SET c.queue_id = 'vip' WHERE d.id = ?",
        [other.id],
      );
      expect(await why(tx, other.id, at(other.seats, 0).id)).toMatch(/ask for a token with queueId vip/);
    }));

  it.each(['TEMP_RESERVED', 'RESERVED', 'BLOCKED'])(
    'a seat that is %s is not put on hold by a batch that has read otherwise',
    (status) =>
      undone(admin, async (tx, given) => {
        const { id, seats } = await given.scheduleWithSeats(1);
        const seat = at(seats, 0).id;
        const held = status === 'BLOCKED' ? 0 : await hold(tx, id, seat);
        if (held === 0) await tx.execute("UPDATE concert_seat SET status = 'BLOCKED' WHERE id = ?", [seat]);
        if (status === 'RESERVED') await sell(tx, held);
        const seatNow = async (): Promise<string | undefined> => (await look(tx, seat)).split(' ')[0];
        const before = await seatNow();
        const free = { id: seat, position: 1, amount: 1, isExpired: 0 } as const;
        jest.spyOn(HoldRepository.prototype, 'lockFreeSeats').mockResolvedValueOnce(new Map([[seat, free]]));
        expect(await why(tx, id, seat)).toBe(`Seat ${seat} cannot be reserved: somebody else has it.`);
        expect(await seatNow()).toBe(before); // what was sent behind the statement that sells is rolled back
      }),
  );
});
