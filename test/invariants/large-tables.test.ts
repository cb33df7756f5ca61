import { connectRedis, type Redis } from '../../src/platform/redis/redis';
import { Scratch } from '../support/rows/scratch';
import { testConfig } from '../support/config';
import { Watched } from './watched';

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
