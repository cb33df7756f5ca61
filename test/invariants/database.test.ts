import type { InvariantReport } from '../../src/modules/invariants/schema';
import { checkInvariants } from '../../src/modules/invariants/service';
import { at } from '../support/at';
import { aDay, type Day, resultOf, unchecked, verdictsOf, type Violation } from '../support/rows/day';
import { Scratch } from '../support/rows/scratch';
import { until } from '../support/wait';
import { OF_MONEY_AND_EVENTS } from './violations/of-money-and-events';
import { OF_SEATS } from './violations/of-seats';

const changesSchema = ([, sql]: Violation): boolean =>
  sql.toString().includes('DROP INDEX') || sql.toString().includes('ALTER TABLE');

describe('the invariants of the database', () => {
  let shared: Scratch | undefined;
  let scratch: Scratch;
  let day: Day;
  /** For a test that changes the schema: the next one gets another database. */
  const keepForThisTest = (): void => {
    shared = undefined;
  };
  beforeEach(async () => {
    shared ??= await Scratch.migrated();
    scratch = shared;
    await scratch.empty();
    day = await aDay(scratch);
  });
  afterEach(async () => {
    if (shared === undefined) await scratch.drop();
  });
  afterAll(() => shared?.drop());

  const check = (): Promise<InvariantReport> => checkInvariants({ database: scratch.app });

  it('are all kept after an ordinary day', async () => {
    const kept = { I1: 'ok', I2: 'ok', I4: 'ok', I5: 'ok', I8: 'ok', I9: 'ok', I11: 'ok' };
    expect(verdictsOf(await check())).toEqual({ ...kept, I6: 'skipped', I7: 'skipped' });
  });

  it.each([...OF_SEATS, ...OF_MONEY_AND_EVENTS])('show %s', async (...violation) => {
    const [, sql, invariant, what, row] = violation;
    if (changesSchema(violation)) keepForThisTest();
    await scratch.admin.transaction((tx) => unchecked(tx, ...sql(day)));
    const report = await check();
    expect(report.ok).toBe(false);
    const found = resultOf(report, invariant).findings.find((finding) => finding.what === what);
    expect(found?.rows).toContainEqual(expect.objectContaining(row(day)));
  });

  it('only warn of past holds that nobody has tidied up', async () => {
    const past = (seconds: number): Promise<unknown> =>
      scratch.admin.transaction(async (tx) => {
        await tx.execute(
          `UPDATE reservation SET held_until = NOW(3) - INTERVAL ${seconds} SECOND WHERE id = ${day.held.reservationId}`,
        );
        await tx.execute(
          `UPDATE reservation r JOIN concert_seat s ON s.id = r.seat_id JOIN orders o ON o.id = r.order_id
              SET s.held_until = r.held_until, o.held_until = r.held_until WHERE r.id = ${day.held.reservationId}`,
        );
      });
    await past(10); // HOLD_EXPIRY_INTERVAL_MS of the worker may be a minute
    expect(resultOf(await check(), 'I8').verdict).toBe('ok');
    await past(66);
    const report = await check();
    expect(report.ok).toBe(true);
    expect(resultOf(report, 'I8')).toMatchObject({ verdict: 'warning' });
  });

  it('are judged by how long a hold was to last when it was made, not by how long holds last now', async () => {
    await scratch.admin.execute('UPDATE reservation SET hold_seconds = NULL WHERE id = ?', [
      day.held.reservationId,
    ]); // made by an older version: nobody knows how long it was to last
    expect(resultOf(await check(), 'I8').verdict).toBe('ok');
    for (const [holdSeconds, verdict] of [
      [299, 'violated'],
      [300, 'ok'],
      [86_400, 'ok'],
    ] as const) {
      await scratch.admin.execute('UPDATE reservation SET hold_seconds = ? WHERE id = ?', [
        holdSeconds,
        day.held.reservationId,
      ]);
      expect([holdSeconds, resultOf(await check(), 'I8').verdict]).toEqual([holdSeconds, verdict]);
    }
  });

  it.each([
    ["'kafka'", 'unknown'],
    ['NULL', 'unknown'], // an older version did not say
    ["'process'", 'violated'],
  ])(
    'say of an event delivered by %s that has not acted, when Kafka is not asked: %s',
    async (by, verdict) => {
      await scratch.admin.execute(
        `UPDATE outbox SET delivered_at = NOW(3) - INTERVAL 1 HOUR, delivered_by = ${by} WHERE topic = 'payment-notification'`,
      );
      const report = await check();
      expect(report.ok).toBe(false);
      expect(resultOf(report, 'I5')).toMatchObject({
        verdict,
        findings: [{ rows: [{ topic: 'payment-notification' }] }],
        ...(verdict === 'unknown' && { reason: expect.stringContaining('KAFKA_BROKERS') as string }),
      });
    },
  );

  it('leave out what is too young or too old to be judged', async () => {
    await until('an event of the last minute is not judged', async () => {
      await scratch.admin.execute(
        "UPDATE outbox SET delivered_at = NOW(3) - INTERVAL 50 SECOND, delivered_by = 'process' WHERE topic = 'payment-notification'",
      );
      return resultOf(await check(), 'I5').verdict === 'ok';
    });
    await scratch.admin.execute('DELETE FROM outbox');
    await scratch.admin.execute('UPDATE payment SET created_at = NOW(3) - INTERVAL 25 HOUR');
    await scratch.admin.execute('UPDATE reservation SET reserved_at = NOW(3) - INTERVAL 25 HOUR');
    expect(resultOf(await check(), 'I5').verdict).toBe('ok');
  });

  it('show twenty rows at most and say that there are more', async () => {
    await scratch.admin.execute("INSERT INTO member (name, balance) SELECT 'x', 1 FROM seq_1_to_30");
    const finding = at(resultOf(await check(), 'I2').findings, 0);
    expect(finding.rows).toHaveLength(20);
    expect(finding.more).toBe(true);
  });

  it('are unknown, not kept, when a table cannot be read', async () => {
    keepForThisTest();
    await scratch.admin.execute('RENAME TABLE outbox TO elsewhere');
    const report = await check();
    expect(report.ok).toBe(false);
    expect(resultOf(report, 'I5')).toMatchObject({
      verdict: 'unknown',
      reason: expect.stringContaining('outbox') as string,
    });
    expect(resultOf(report, 'I1').verdict).toBe('ok');
  });

  it('are seen as of one instant, however fast seats are sold meanwhile', async () => {
    const { shop } = day;
    const schedule = await shop.given.scheduleWithSeats(400);
    shop.scheduleId = schedule.id;
    const seats = schedule.seats.map(({ id }) => id);
    let selling = true;
    const seller = async (): Promise<void> => {
      for (let seat = seats.pop(); seat !== undefined && selling; seat = seats.pop()) {
        await shop.buy(seat);
        await shop.charge(1);
      }
    };
    const sellers = Promise.all([seller(), seller(), seller()]);
    try {
      // Until there was something to see.
      for (let checks = 0; checks < 15 || seats.length >= 390; checks++) {
        const { results } = await check();
        expect(results.filter(({ verdict }) => verdict === 'violated' || verdict === 'unknown')).toEqual([]);
      }
    } finally {
      selling = false;
      await sellers;
    }
  });
});
