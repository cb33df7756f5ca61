import { HoldExpiryJob } from '../../../src/modules/orders/expiry/hold-expiry-job';
import { OrderMetrics } from '../../../src/modules/orders/metrics';
import type { Database, SqlExecutor } from '../../../src/platform/database/database';
import { Metrics } from '../../../src/platform/observability/metrics';
import { at } from '../../support/at';
import { openAdminDatabase } from '../../support/rows/given';
import { Sales } from '../../support/rows/sales';
import { USER, seatActs } from '../../support/rows/seats';
import { undone } from '../../support/rows/undone';

describe('the expiry of holds', () => {
  const admin = openAdminDatabase();
  const sales = new Sales();
  const { expiry } = sales;
  const { hold, sell, isPast, look } = seatActs(sales);
  afterAll(() => admin.close());

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
      const [held, free, bought] = ['TEMP_RESERVED TEMP_RESERVED', 'AVAILABLE CANCELED', 'RESERVED RESERVED'];
      expect(await all()).toEqual([held, free, free, held, bought]);
      for (let turns = 0; (await expiry.expireHolds(tx, 100)).length > 0;) expect(turns++).toBeLessThan(100);
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
