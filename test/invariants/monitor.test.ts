import { pino } from 'pino';
import type { Config } from '../../src/config/config';
import { InvariantRepository } from '../../src/modules/invariants/repository';
import { InvariantStore } from '../../src/modules/invariants/store';
import { InvariantMetrics } from '../../src/modules/invariants/metrics';
import { Metrics } from '../../src/platform/observability/metrics';
import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { InvariantMonitor } from '../../src/modules/invariants/monitor/monitor';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import { Scratch } from '../support/rows/scratch';
import { Shop } from '../support/rows/shop';
import { at } from '../support/at';
import { testConfig } from '../support/config';
import { startTestService } from '../support/service';
import { until } from '../support/wait';

/** So seldom that no look takes too long: pieces grow alike on every machine. */
const INVARIANT_CHECK_INTERVAL_SECONDS = 3600;
const CHECKED = 'concert_invariant_checked_timestamp_seconds';

interface Line {
  level: number;
  msg?: string;
  what?: string;
  rows?: object[];
}

/** A watch as a worker has it, on a database of the test's own; looks when the test says so. */
class Watched {
  readonly lines: Line[] = [];
  readonly config: Config;
  readonly metrics = new InvariantMetrics(new Metrics());
  readonly watch: InvariantMonitor;

  /** @param timeoutMs a statement that takes a quarter of it is too slow */
  constructor(scratch: Scratch, redis: Redis, timeoutMs = 60_000) {
    this.config = testConfig({ INVARIANT_CHECK_INTERVAL_SECONDS, DATABASE_TIMEOUT_MS: timeoutMs });
    const logger = pino({}, { write: (line: string) => this.lines.push(JSON.parse(line) as Line) });
    this.watch = new InvariantMonitor(
      scratch.app,
      new InvariantRepository(scratch.app),
      new InvariantStore(redis),
      this.config,
      this.metrics,
      logger,
    );
  }

  look = (): Promise<void> => this.watch.run();

  /** undefined: not exported. */
  async metric(series: string): Promise<number | undefined> {
    const line = (await this.metrics.registry.metrics())
      .split('\n')
      .find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.split(' ')[1]);
  }

  violations = (id: string): Promise<number | undefined> =>
    this.metric(`concert_invariant_violations{invariant="${id}"}`);

  errors = (): Line[] => this.lines.filter(({ level }) => level === 50);
}

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

describe('the watch over large tables', () => {
  const ROWS = 30_000;
  let scratch: Scratch;
  let redis: Redis;
  let watched: Watched;

  /** Everybody has charged and bought one seat. */
  const fill = async (): Promise<void> => {
    const { admin } = scratch;
    await admin.execute("INSERT INTO concert (id, title) VALUES (1, 'x')");
    await admin.execute(
      'INSERT INTO concert_schedule (id, concert_id, starts_at, ends_at) VALUES (1, 1, NOW(3), NOW(3) + INTERVAL 1 HOUR)',
    );
    const from = `FROM seq_1_to_${ROWS}`;
    for (const insert of [
      `member (id, name, balance) SELECT seq, 'x', 50 ${from}`,
      `concert_seat (id, schedule_id, position, amount, status) SELECT seq, 1, seq, 100, 'RESERVED' ${from}`,
      `orders (id, user_id, schedule_id, status, total, held_until)
       SELECT seq, seq, 1, 'PAID', 100, NOW(3) ${from}`,
      `reservation (id, order_id, user_id, schedule_id, seat_id, status, concert_title, starts_at, ends_at, seat_position,
                    amount, reserved_at, held_until)
       SELECT seq, seq, seq, 1, seq, 'RESERVED', 'x', NOW(3), NOW(3), seq, 100, NOW(3), NOW(3) ${from}`,
      `payment (id, order_id, reservation_id, user_id, amount, status) SELECT seq, seq, seq, seq, 100, 'DONE' ${from}`,
      `payment_history (id, user_id, kind, amount, balance_after) SELECT seq, seq, 'CHARGE', 150, 150 ${from}`,
      `payment_history (id, user_id, kind, amount, balance_after, payment_id)
       SELECT ${ROWS} + seq, seq, 'PAYMENT', -100, 50, seq ${from}`,
      `outbox (event_id, topic, partition_key, payload)
       SELECT UUID(), 'payment-notification', seq, JSON_OBJECT('reservationId', seq) ${from}`,
    ])
      await admin.execute(`INSERT INTO ${insert}`);
    await admin.execute(
      'ANALYZE TABLE member, concert_seat, orders, reservation, payment, payment_history, outbox',
    );
  };

  beforeAll(async () => {
    redis = connectRedis(testConfig().REDIS_URL, 60_000);
    await redis.connect();
    scratch = await Scratch.migrated();
    await fill();
    watched = new Watched(scratch, redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await scratch.drop();
  });

  /** What the application's connections have done since they were opened. */
  const effort = async (): Promise<{ rows: number; statements: number }> => {
    const [row] = await scratch.app.query<{ statements: number; rows: number }>(
      `SELECT CAST(SUM(IF(variable_name = 'COM_STMT_EXECUTE', variable_value, 0)) AS INT) AS statements,
              CAST(SUM(IF(variable_name LIKE 'HANDLER\\_READ%', variable_value, 0)) AS INT) AS \`rows\`
         FROM information_schema.session_status`,
    );
    return row ?? { rows: 0, statements: 0 };
  };

  it('reads a piece of each table, not the tables', async () => {
    const before = await effort();
    await watched.look();
    const after = await effort();
    expect(await watched.violations('I1')).toBe(0);
    expect(after.rows - before.rows).toBeLessThan(40_000); // 1,000 rows of each of 7 tables, and what belongs to them
    expect(after.rows - before.rows).toBeGreaterThan(6_000);
    expect(after.statements - before.statements).toBeLessThan(100);
  });

  it('comes by every row in time, remembers what it found, and sees it mended at once', async () => {
    await scratch.admin.execute('UPDATE member SET balance = 51 WHERE id = ?', [ROWS]);
    let looks = 0;
    while ((await watched.violations('I2')) === 0 && looks++ < 20) await watched.look();
    expect(looks).toBeGreaterThan(1);
    for (let i = 0; i < 3; i++) await watched.look(); // the walk is elsewhere
    expect(await watched.violations('I2')).toBeGreaterThanOrEqual(1);
    expect(watched.errors().filter(({ what }) => what?.includes('sum of the ledger'))).toHaveLength(1);
    await scratch.admin.execute('UPDATE member SET balance = 50 WHERE id = ?', [ROWS]);
    await watched.look();
    expect(await watched.violations('I2')).toBe(0);
  });

  it('sees a fresh sale at once, however far the walk is', async () => {
    await watched.look();
    await scratch.admin.execute(
      "INSERT INTO payment_history (user_id, kind, amount, balance_after) VALUES (7, 'CHARGE', 5, 55)",
    );
    await watched.look();
    expect(await watched.violations('I2')).toBeGreaterThanOrEqual(1); // the balance is still 50
    await scratch.admin.execute('UPDATE member SET balance = 55 WHERE id = 7');
    await watched.look();
    expect(await watched.violations('I2')).toBe(0);
  });
});
