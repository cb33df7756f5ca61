import { createHash } from 'node:crypto';
import { connectRedis } from '../../src/platform/redis/redis';
import type { SqlExecutor } from '../../src/platform/database/database';
import { allChecks } from '../../src/modules/invariants/checks';
import { deliveredToKafkaWithoutEffect } from '../../src/modules/invariants/checks/events';
import { InvariantRepository, rowsIn } from '../../src/modules/invariants/repository';
import { EVERYTHING, type Scan, type Span, type SqlCheck } from '../../src/modules/invariants/schema';
import { InvariantStore } from '../../src/modules/invariants/store';
import { scanWholeTables } from '../../src/modules/invariants/whole-tables';
import { scansOfAll } from '../../src/modules/invariants/table-scan';
import { queueKeys } from '../../src/modules/waiting-room/state/keys';
import { LapsedSessions } from '../../src/modules/orders/expiry/lapsed-sessions';
import { OrderRepository } from '../../src/modules/orders/order-repository';
import { Scratch } from '../support/rows/scratch';
import { testConfig, uniqueQueueId } from '../support/config';

const checks = [...allChecks(), deliveredToKafkaWithoutEffect()];
const chunked = checks.filter(({ along, whileFresh }) => along !== undefined && whileFresh === undefined);

/** Rows that this connection has read since it was opened, from tables and from what was sorted. */
const READ = `SELECT CAST(SUM(variable_value) AS INT) AS rowCount FROM information_schema.session_status
               WHERE variable_name LIKE 'HANDLER\\_READ%'`;

const readBy = async (on: SqlExecutor, work: () => Promise<unknown>): Promise<number> => {
  const read = async (): Promise<number> => (await on.query<{ rowCount: number }>(READ))[0]?.rowCount ?? NaN;
  const before = await read();
  await work();
  return (await read()) - before;
};

/**
 * The worst shapes that `rows` rows of each table can have: user 1 has made all top-ups and has all keys, seat 1 has all
 * lapsed holds, all seats are of one schedule, all events of one topic. No invariant is broken.
 */
async function fill(scratch: Scratch, rows: number): Promise<void> {
  const { admin } = scratch;
  const from = `FROM seq_1_to_${rows}`;
  const fingerprint = createHash('sha256').update('x').digest('hex');
  await admin.transaction(async (tx) => {
    await tx.execute('SET SESSION foreign_key_checks = 0');
    for (const insert of [
      `concert (id, title) VALUES (1, 'x')`,
      `concert_schedule (id, concert_id, starts_at, ends_at)
       VALUES (1, 1, NOW(3), NOW(3) + INTERVAL 1 HOUR)`,
      `member (id, name, balance) SELECT seq, 'x', IF(seq = 1, ${rows}, 0) ${from}`,
      `concert_seat (id, schedule_id, position, amount, status)
       SELECT seq, 1, seq, 100, IF(seq = 1, 'RESERVED', 'AVAILABLE') ${from}`,
      `orders (id, user_id, schedule_id, status, total, held_until)
       SELECT seq, 1, 1, IF(seq = ${rows}, 'PAID', 'EXPIRED'), 0, NOW(3) ${from}`,
      `reservation (id, order_id, user_id, schedule_id, seat_id, status, concert_title, starts_at, ends_at, seat_position,
                    amount, reserved_at, held_until)
       SELECT seq, seq, 1, 1, 1, IF(seq = ${rows}, 'RESERVED', 'CANCELED'), 'x', NOW(3), NOW(3), 1, 0, NOW(3), NOW(3) ${from}`,
      `payment (id, order_id, reservation_id, user_id, amount, status) VALUES (1, ${rows}, ${rows}, 1, 0, 'DONE')`,
      `payment_history (id, user_id, kind, amount, balance_after) SELECT seq, 1, 'CHARGE', 1, seq ${from}`,
      `payment_history (user_id, kind, amount, balance_after, payment_id) VALUES (1, 'PAYMENT', 0, ${rows}, 1)`,
      `idempotency_key (user_id, id, fingerprint, status, answer)
       SELECT 1, CONCAT('key-', seq), UNHEX('${fingerprint}'), 200, '{}' ${from}`,
      `outbox (event_id, topic, partition_key, payload)
       SELECT UUID(), 'reservation-notification', seq, JSON_OBJECT('reservationId', seq) ${from}`,
      `outbox (event_id, topic, partition_key, payload)
       VALUES (UUID(), 'payment-notification', '1', JSON_OBJECT('reservationId', ${rows}))`,
    ])
      await tx.execute(`INSERT INTO ${insert}`);
    await tx.execute('SET SESSION foreign_key_checks = 1');
  });
  await admin.execute(
    'ANALYZE TABLE member, concert_seat, orders, reservation, payment, payment_history, outbox, idempotency_key',
  );
}

describe('what is read of one user, one seat, one schedule and one topic with all rows', () => {
  const FEW = 4_000;
  const few: Scratch[] = [];
  const many: Scratch[] = [];
  const one = ([scratch]: Scratch[]): Scratch => {
    if (scratch === undefined) throw new Error('not filled');
    return scratch;
  };

  beforeAll(async () => {
    few.push(await Scratch.migrated());
    many.push(await Scratch.migrated());
    await fill(one(few), FEW);
    await fill(one(many), 2 * FEW);
  });
  afterAll(async () => {
    for (const scratch of [...few, ...many]) await scratch.drop();
  });

  const effort = (scratch: Scratch, { sql, binds }: Pick<SqlCheck, 'sql' | 'binds'>, span: Span) =>
    new InvariantRepository(scratch.app).inSnapshot((on) =>
      readBy(on, async () => {
        const rows = await rowsIn(on, { sql, ...(binds && { binds }) }, span, { most: 21 });
        expect(rows).toEqual([]);
      }),
    );

  /** A chunk in the middle. */
  const chunkOf = (scratch: Scratch, scan: Scan, rows: number): Promise<Span | undefined> =>
    new InvariantRepository(scratch.app).inSnapshot(async (on) => {
      const it = scansOfAll().find(({ name }) => name === scan);
      for (let steps = 0; steps < 2; steps++) (await it?.step(on, rows))?.done();
      return (await it?.step(on, rows))?.chunk;
    });

  it.each(checks.map((check) => [check.what, check] as const))(
    'grows no faster than the tables in the check of %s',
    async (_what, check) => {
      for (const sql of [check.sql, ...(check.fresh ? [check.fresh.sql] : [])]) {
        const everything: Span =
          check.along?.endsWith('by user') === true && sql === check.sql
            ? { after: { userId: 0, id: '' }, last: { userId: Number.MAX_SAFE_INTEGER, id: '' } }
            : EVERYTHING;
        const [less, more] = [
          await effort(one(few), { ...check, sql }, everything),
          await effort(one(many), { ...check, sql }, everything),
        ];
        expect(more).toBeLessThan(2.2 * less + 200);
      }
    },
  );

  it.each(chunked.map((check) => [check.what, check] as const))(
    'is bounded by the rows of a chunk in the check of %s',
    async (_what, check) => {
      const ROWS = 300;
      const span = await chunkOf(one(many), check.along ?? 'member', ROWS);
      if (span === undefined) throw new Error('no chunk');
      expect(await effort(one(many), check, span)).toBeLessThan(12 * ROWS);
    },
  );

  it('finds the place of a chunk by reading no more than the chunk', async () => {
    const { app } = one(many);
    for (const scan of scansOfAll())
      await new InvariantRepository(app).inSnapshot(async (on) => {
        (await scan.step(on, 300)).done();
        expect([scan.name, (await readBy(on, () => scan.step(on, 300))) < 700]).toEqual([scan.name, true]);
      });
  });

  it('is no order of other users for a list of the user’s own, however many are newer', async () => {
    const { admin, app } = one(many);
    await admin.execute(
      `INSERT INTO orders (user_id, schedule_id, status, total, held_until)
       SELECT 2, 1, 'EXPIRED', 0, NOW(3) FROM seq_1_to_${6 * FEW}`,
    );
    await admin.execute('ANALYZE TABLE orders');
    const orders = new OrderRepository();
    const read = await app.transaction((tx) =>
      readBy(tx, async () => {
        const listed = await orders.list(tx, 1, Number.MAX_SAFE_INTEGER, 20);
        expect(listed.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => 2 * FEW - i));
      }),
    );
    expect(read).toBeLessThan(2.2 * FEW);
  });

  it('is each lapsed hold of a session once, for the sessions that have paid', async () => {
    const { admin, app } = one(many);
    await admin.execute(
      "UPDATE orders SET queue_id = 'main', queue_seq = 1, queue_generation = 1 WHERE user_id = 1",
    );
    const lapsed = new LapsedSessions(app);
    const read = await app.transaction((tx) =>
      readBy(tx, async () => {
        expect(await lapsed.since(86_400, tx)).toEqual([{ userId: 1, queueId: 'main', seq: 1, gen: 1 }]);
      }),
    );
    const [all] = await admin.query<{ orders: number }>('SELECT COUNT(*) AS orders FROM orders');
    expect(read).toBeLessThan(1.2 * (all?.orders ?? NaN));
  });

  it('covers all rows, in chunks of any size', async () => {
    const { admin, app } = one(few);
    await admin.transaction(async (tx) => {
      await tx.execute('UPDATE payment_history SET balance_after = 0 WHERE id IN (1, 1999, ?)', [FEW]);
      await tx.execute("UPDATE idempotency_key SET status = 0 WHERE id IN ('key-1', 'key-999')");
      await tx.execute('UPDATE member SET balance = 1 WHERE id IN (2, ?)', [FEW]);
    });
    const totals: number[] = [];
    let seen = 0;
    const progress = {
      start: (total: number) => totals.push(total),
      advance: (by: number) => (seen += by),
    };
    const found = async (rows: number): Promise<unknown[][]> =>
      [...(await scanWholeTables(new InvariantRepository(app), chunked, progress, rows))]
        .filter(([, outcome]) => outcome.rows.length > 0)
        .map(([{ what }, outcome]) => [what, outcome.rows.map((row) => row.entryId ?? row.userId)]);
    const expected = [
      ['balances that are not the sum of the ledger, or negative', [2, FEW]],
      ['ledger entries whose balance_after does not follow', [1, 2, 1999, 2000, FEW, FEW + 1]],
      ['keys without an answer', [1, 1]],
    ];
    for (const rows of [333, 1999, 2000, 100_000]) expect(await found(rows)).toEqual(expected);
    // The server only estimates how many rows there are: what is shown is neither more nor less than that.
    expect(totals).toHaveLength(4);
    expect(Math.min(...totals)).toBeGreaterThan(FEW);
    expect(seen).toBe(totals.reduce((sum, total) => sum + total));
  });
});

describe('the invariant check of a queue with many active users', () => {
  const queueId = uniqueQueueId();
  const { state, active, rejoined } = queueKeys(queueId);
  const redis = connectRedis(testConfig().REDIS_URL, 60_000);
  beforeAll(() => redis.connect());
  afterAll(async () => {
    await redis.del(state, active, rejoined);
    redis.disconnect();
  });

  it('reads a page of them at a time, and finds who is active before the turn', async () => {
    const USERS = 30_000;
    const until = Date.now() + 3_600_000;
    await redis.hset(state, { issued: USERS + 10, headSeq: USERS, limitAtAdmission: USERS + 10 });
    for (let from = 1; from <= USERS; from += 5000)
      await redis.zadd(active, ...Array.from({ length: 5000 }, (_, i) => [until, String(from + i)]).flat());
    await redis.zadd(active, until, String(USERS + 7));
    const store = new InvariantStore(redis);
    let looks = 0;
    const found = async (): Promise<number[]> => {
      looks += 1;
      return (await store.state(queueId, 5)).tooEarly;
    };
    let tooEarly = await found();
    while (tooEarly.length === 0 && looks < 20) tooEarly = await found();
    expect(tooEarly).toEqual([USERS + 7]);
    expect(await found()).toEqual([USERS + 7]); // wherever the scan is
    await redis.hset(state, 'headSeq', USERS + 7); // the turn has come
    expect(await found()).toEqual([]);
    expect((await new InvariantStore(redis).state(queueId)).active).toBe(USERS + 1);
  });
});
