import { OrderMetrics } from '../../src/modules/orders/metrics';
import { Metrics } from '../../src/platform/observability/metrics';
import type { Database, SqlExecutor, SqlTransaction } from '../../src/platform/database/database';
import type { Held } from '../../src/modules/orders/holds/hold-batch';
import { HoldExpiryJob } from '../../src/modules/orders/expiry/hold-expiry-job';
import { at } from '../support/at';
import { openAdminDatabase } from '../support/rows/given';
import { activeUser, HOLD_SECONDS, MAIN, refusalOf, Sales } from '../support/rows/sales';
import { undone } from '../support/rows/undone';

const [USER, OTHER] = [1_000_001, 1_000_002];

describe('seats and holds in the database', () => {
  const admin = openAdminDatabase();
  const sales = new Sales();
  const { expiry } = sales;
  afterAll(() => admin.close());

  const ask = (
    tx: SqlTransaction,
    schedule: number,
    seat: number,
    user = USER,
    queueId = MAIN,
  ): ReturnType<Sales['hold']> =>
    sales.hold(tx, [{ user: activeUser(user, queueId), scheduleId: schedule, seatIds: [seat] }]);

  /** @returns whether the seat was free, and is now on hold */
  async function take(tx: SqlTransaction, schedule: number, seat: number, queueId = MAIN): Promise<boolean> {
    const [outcome] = await ask(tx, schedule, seat, OTHER + 1, queueId);
    return outcome?.kind === 'done' && outcome.value.isNew;
  }

  const why = (
    tx: SqlTransaction,
    schedule: number,
    seat: number,
    user = USER + 9,
  ): Promise<string | undefined> => refusalOf(ask(tx, schedule, seat, user));

  async function holdOf(tx: SqlTransaction, schedule: number, seat: number, user = USER): Promise<Held> {
    const [outcome] = await ask(tx, schedule, seat, user);
    if (outcome?.kind !== 'done' || !outcome.value.isNew) throw new Error(JSON.stringify(outcome));
    return outcome.value;
  }

  /** @returns the reservation's id */
  const hold = async (tx: SqlTransaction, schedule: number, seat: number, user = USER): Promise<number> =>
    at((await holdOf(tx, schedule, seat, user)).rows, 0).id;

  /** By the statement that sells. */
  async function sell(tx: SqlTransaction, id: number, userId = USER): Promise<boolean> {
    const [row] = await tx.query<{ orderId: number; seatId: number }>(
      'SELECT order_id AS orderId, seat_id AS seatId FROM reservation WHERE id = ?',
      [id],
    );
    const { orderId = 0, seatId = 0 } = row ?? {};
    // As a payment that sells nothing rolls back.
    await tx.execute('SAVEPOINT sale');
    const isSold = await sales.payments.sell(tx, [
      { orderId, userId, items: [{ reservationId: id, seatId }] },
    ]);
    if (!isSold) await tx.execute('ROLLBACK TO SAVEPOINT sale');
    return isSold;
  }

  /** Lets what is held be past, the seat and its reservation as they are. */
  async function isPast(tx: SqlTransaction, seatId: number, seconds = 1): Promise<void> {
    for (const sql of [
      'UPDATE concert_seat SET held_until = NOW(3) - INTERVAL ? SECOND WHERE id = ? AND held_until IS NOT NULL',
      'UPDATE reservation SET held_until = NOW(3) - INTERVAL ? SECOND WHERE seat_id = ?',
    ])
      await tx.execute(sql, [seconds, seatId]);
  }

  /** "TEMP_RESERVED CANCELED": the seat, and its reservations in order. */
  async function look(tx: SqlTransaction, seatId: number): Promise<string> {
    const [seat] = await tx.query<{ status: string }>('SELECT status FROM concert_seat WHERE id = ?', [
      seatId,
    ]);
    const all = await tx.query<{ status: string }>(
      'SELECT status FROM reservation WHERE seat_id = ? ORDER BY id',
      [seatId],
    );
    return [seat?.status, ...all.map(({ status }) => status)].join(' ');
  }

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
      const items = await sales.payments.findItems(tx, [
        { user, reservationId: held?.kind === 'done' ? (held.value.rows[0]?.id ?? 0) : 0 },
      ]);
      expect(items).toMatchObject([{ queueId: seller, isHeld: 1 }]);
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
      expect(left?.seconds).toBeGreaterThan(HOLD_SECONDS - 10);
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
      expect(await isFull(4)).toBe(true); // bought for good
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

  describe('the expiry of holds', () => {
    const DAY = 86_400; // older than anything that other tests let be past

    it('frees the seats of the holds that are past longest, and nothing else', () =>
      undone(admin, async (tx, given) => {
        const { id, seats } = await given.scheduleWithSeats(5);
        const [newer, oldest, older, current, sold] = seats.map((seat) => seat.id) as [
          number,
          number,
          number,
          number,
          number,
        ];
        for (const seat of [newer, oldest, older, current]) await hold(tx, id, seat);
        await sell(tx, await hold(tx, id, sold));
        for (const [seat, days] of [
          [newer, 1],
          [older, 2],
          [oldest, 3],
          [sold, 4],
        ] as const)
          await isPast(tx, seat, days * DAY);
        const late = await expiry.expireHolds(tx, 2);
        expect(late.map((seconds) => Math.round(seconds / DAY))).toEqual([3, 2]);
        const all = (): Promise<string[]> =>
          Promise.all([newer, oldest, older, current, sold].map((seat) => look(tx, seat)));
        const [held, free, bought] = [
          'TEMP_RESERVED TEMP_RESERVED',
          'AVAILABLE CANCELED',
          'RESERVED RESERVED',
        ];
        expect(await all()).toEqual([held, free, free, held, bought]);
        for (let turns = 0; (await expiry.expireHolds(tx, 100)).length > 0;)
          expect(turns++).toBeLessThan(100);
        expect(await all()).toEqual([free, free, free, held, bought]);
      }));

    it('skips holds that another process is expiring, without waiting', () =>
      undone(admin, async (tx, given) => {
        const { id, seats } = await given.scheduleWithSeats(1);
        await hold(tx, id, at(seats, 0).id);
        await isPast(tx, at(seats, 0).id, DAY);
        await expiry.expireHolds(tx, 500);
        // If it waited, this transaction would keep it waiting until its lock wait times out.
        const other = undone(admin, async (tx2) => {
          await expiry.expireHolds(tx2, 500);
        });
        await expect(other).resolves.toBeUndefined();
      }));

    it('takes 500 in one turn, says whether there may be more, and how late the oldest was', () =>
      undone(admin, async (tx, given) => {
        const { id, seats } = await given.scheduleWithSeats(501);
        await tx.execute(
          "UPDATE concert_seat SET status = 'TEMP_RESERVED', held_until = NOW(3) WHERE schedule_id = ?",
          [id],
        );
        await tx.execute(
          `INSERT INTO reservation (user_id, schedule_id, seat_id, concert_title, starts_at, ends_at, seat_position,
                                    amount, reserved_at, held_until)
           SELECT ?, s.schedule_id, s.id, 't', NOW(3), NOW(3), s.position, s.amount, NOW(3),
                  NOW(3) - INTERVAL ? SECOND FROM concert_seat s WHERE s.schedule_id = ?`,
          [USER, DAY, id],
        );
        await tx.execute(
          'UPDATE concert_seat SET held_until = NOW(3) - INTERVAL ? SECOND WHERE schedule_id = ?',
          [DAY, id],
        );
        const metrics = new OrderMetrics(new Metrics());
        const database = {
          transaction: (work: (on: SqlExecutor) => unknown) => work(tx),
        } as unknown as Database;
        const job = new HoldExpiryJob(database, expiry, metrics);
        const value = async (name: string): Promise<number> =>
          (await metrics.registry.getSingleMetric(name)?.get())?.values[0]?.value ?? -1;
        expect(await job.expireBatch()).toBe(true);
        expect(Math.round((await value('concert_hold_expiry_lag_seconds')) / DAY)).toBe(1);
        expect(await value('concert_seat_holds_expired_total')).toBe(500);
        const [row] = await tx.query<{ n: number }>(
          "SELECT COUNT(*) AS n FROM concert_seat WHERE schedule_id = ? AND status = 'AVAILABLE'",
          [id],
        );
        expect([row?.n, seats.length]).toEqual([500, 501]);
        expect(await job.expireBatch()).toBe(false);

        const nothing = { transaction: () => Promise.resolve([]) } as unknown as Database;
        expect(await new HoldExpiryJob(nothing, expiry, metrics).expireBatch()).toBe(false);
        expect(await value('concert_hold_expiry_lag_seconds')).toBe(0);
      }));
  });
});
