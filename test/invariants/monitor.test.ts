import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import { Scratch } from '../support/rows/scratch';
import { Shop } from '../support/rows/shop';
import { at } from '../support/at';
import { testConfig } from '../support/config';
import { startTestService } from '../support/service';
import { until } from '../support/wait';
import { CHECKED, Watched } from './watched';

describe('the invariant monitor', () => {
  let shared: Scratch | undefined;
  let scratch: Scratch;
  let redis: Redis;
  let shop: Shop;
  let watched: Watched;
  /** For a test that changes the schema: the next one gets another database. */
  const keepForThisTest = (): void => {
    shared = undefined;
  };

  beforeAll(async () => {
    redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
  });
  beforeEach(async () => {
    shared ??= await Scratch.migrated();
    scratch = shared;
    await scratch.empty();
    shop = await Shop.open(scratch);
    watched = new Watched(scratch, redis);
  });
  afterEach(async () => {
    if (shared === undefined) await scratch.drop();
  });
  afterAll(async () => {
    await shared?.drop();
    redis.disconnect();
  });

  it('says that all is well, and when it looked', async () => {
    await shop.buy(at(shop.seatIds, 0));
    await watched.look();
    for (const id of ['I1', 'I2', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I11'])
      expect([id, await watched.violations(id)]).toEqual([id, 0]);
    expect(Math.abs(((await watched.metric(CHECKED)) ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    expect(await watched.metric('concert_invariant_check_duration_seconds')).toBeGreaterThan(0);
    expect(watched.errors()).toEqual([]);
  });

  it('reports a seat that is sold twice at the next check, and its correction at the one after', async () => {
    const seatId = at(shop.seatIds, 0);
    const { reservationId } = await shop.buy(seatId);
    await watched.look();
    keepForThisTest();
    await scratch.admin.execute('DROP INDEX one_live_reservation_per_seat ON reservation');
    const { insertId } = await scratch.admin.execute(
      `INSERT INTO reservation (user_id, schedule_id, seat_id, status, concert_title, starts_at, ends_at, seat_position,
                                amount, reserved_at, held_until)
       SELECT user_id + 1, schedule_id, seat_id, status, concert_title, starts_at, ends_at, seat_position, amount,
              reserved_at, held_until FROM reservation WHERE id = ?`,
      [reservationId],
    );
    await watched.look();
    expect(await watched.violations('I1')).toBeGreaterThanOrEqual(1);
    expect(watched.errors().flatMap(({ rows }) => rows)).toContainEqual(
      expect.objectContaining({ seatId, liveReservations: 2 }),
    );
    const logged = watched.errors().length;
    await watched.look();
    expect(watched.errors()).toHaveLength(logged); // it is known

    await scratch.admin.execute('DELETE FROM reservation WHERE id = ?', [insertId]);
    await watched.look();
    expect(await watched.violations('I1')).toBe(0);
  });

  it('reports a balance that differs from the ledger, and a ledger entry that does not follow from the one before', async () => {
    await shop.charge(5);
    await watched.look();
    await scratch.admin.execute('UPDATE member SET balance = balance + 1 WHERE id = ?', [shop.userId]);
    await watched.look();
    expect(await watched.violations('I2')).toBeGreaterThanOrEqual(1);
    expect(watched.errors().flatMap(({ rows }) => rows)).toContainEqual(
      expect.objectContaining({ userId: shop.userId, balance: '1000006', ledger: '1000005' }),
    );
    await scratch.admin.execute('UPDATE member SET balance = balance - 1 WHERE id = ?', [shop.userId]);
    await watched.look();
    expect(await watched.violations('I2')).toBe(0);

    await scratch.admin.execute('UPDATE payment_history SET balance_after = 7 WHERE amount = 5');
    await watched.look();
    expect(await watched.violations('I2')).toBeGreaterThanOrEqual(1);
  });

  it('reports a fresh sale without a notification in the outbox', async () => {
    await watched.look();
    await shop.buy(at(shop.seatIds, 0));
    await scratch.admin.execute("DELETE FROM outbox WHERE topic = 'payment-notification'");
    await watched.look();
    expect(await watched.violations('I5')).toBe(1);
  });

  it('reports a queue with more active users than its limit', async () => {
    const { state, active } = queueKeys(watched.config.QUEUE_ID);
    const inAnHour = Date.now() + 3_600_000;
    await redis.hset(state, 'limitAtAdmission', 2);
    await redis.zadd(active, inAnHour, '1', inAnHour, '2', inAnHour, '3');
    await watched.look();
    expect(await watched.violations('I6')).toBe(1);
    await redis.zrem(active, '3');
    await watched.look();
    expect(await watched.violations('I6')).toBe(0);
    await redis.del(state, active);
  });

  it('keeps its numbers and its time when the database cannot be reached, and says so by failing', async () => {
    await scratch.admin.execute('UPDATE member SET balance = balance + 1 WHERE id = ?', [shop.userId]);
    await watched.look();
    const checkedAt = await watched.metric(CHECKED);
    const violations = await watched.violations('I2');
    expect(violations).toBeGreaterThan(0);
    keepForThisTest();
    await scratch.admin.execute('RENAME TABLE payment TO elsewhere');
    await expect(watched.look()).rejects.toThrow(/payment/);
    expect(await watched.metric(CHECKED)).toBe(checkedAt);
    expect(await watched.violations('I2')).toBe(violations);
    await scratch.admin.execute('RENAME TABLE elsewhere TO payment');
    await watched.look();
    expect(await watched.metric(CHECKED)).toBeGreaterThan(checkedAt ?? Infinity);
  });

  it('passes over a table that is locked, says so, checks all others and comes back to it', async () => {
    const hasty = new Watched(scratch, redis, 1600);
    const unchecked = (): Promise<number | undefined> => hasty.metric('concert_invariant_unchecked_chunks');
    const passedOver = (): unknown[] =>
      hasty.lines.filter(({ msg }) => msg?.includes('is tried again later') === true);
    const lookUntil = (what: string, wanted: () => Promise<boolean>): Promise<unknown> =>
      until(what, async () => {
        if (await wanted()) return true;
        await hasty.look();
        return false;
      });
    const seatId = at(shop.seatIds, 3);
    await shop.buy(at(shop.seatIds, 0));
    await scratch.admin.transaction(async (tx) => {
      await tx.execute('LOCK TABLES member WRITE, payment WRITE');
      await tx.execute('UPDATE member SET balance = balance + 1 WHERE id = ?', [shop.userId]);
      try {
        await lookUntil('a chunk is passed over', async () => ((await unchecked()) ?? 0) > 0);
        expect(await unchecked()).toBeGreaterThan(0);
        expect(passedOver()).not.toEqual([]);

        const checkedAt = await hasty.metric(CHECKED);
        await scratch.admin.execute("UPDATE concert_seat SET status = 'RESERVED' WHERE id = ?", [seatId]);
        await lookUntil('the seat is found', async () => (await hasty.violations('I1')) === 1);
        expect(hasty.errors().flatMap(({ rows }) => rows)).toContainEqual(
          expect.objectContaining({ seatId, seatStatus: 'RESERVED' }),
        );
        expect(await hasty.metric(CHECKED)).toBeGreaterThan(checkedAt ?? Infinity);
        expect(await hasty.violations('I2')).toBe(0); // nobody could see it
      } finally {
        await tx.execute('UNLOCK TABLES');
      }
    });
    await lookUntil('all is checked', async () => (await unchecked()) === 0);
    expect(await unchecked()).toBe(0);
    expect(hasty.errors().flatMap(({ rows }) => rows)).toContainEqual(
      expect.objectContaining({ userId: shop.userId, balance: '999901', ledger: '999900' }),
    );
  });

  it('is kept by one process; when that ends another goes on', async () => {
    const other = new Watched(scratch, redis);
    await watched.look();
    await other.look();
    expect(await other.metric(CHECKED)).toBeUndefined();
    expect(await other.violations('I1')).toBeUndefined();
    await watched.watch.stop();
    await other.look();
    expect(await other.metric(CHECKED)).toBeDefined();
    await watched.look();
    expect(await watched.metric(CHECKED)).toBeUndefined(); // no number is exported twice
  });

  it('runs in a worker and not in an API process', async () => {
    const own = {
      DATABASE_URL: scratch.appUrl,
      DATABASE_ADMIN_URL: scratch.adminUrl,
      INVARIANT_CHECK_INTERVAL_SECONDS: 1,
    };
    const worker = await startTestService({ ...own, ROLE: 'worker' });
    const api = await startTestService({ ...own, ROLE: 'api' });
    const textOf = async ({ url }: { url: string }): Promise<string> =>
      (await fetch(`${url}/metrics`)).text();
    try {
      await until('it has looked', async () =>
        /^concert_invariant_violations\{invariant="I9"\} 0$/m.test(await textOf(worker)),
      );
      expect(await textOf(api)).not.toMatch(/^concert_invariant_violations\{/m);
    } finally {
      await Promise.all([worker.stop(), api.stop()]);
    }
  });
});
