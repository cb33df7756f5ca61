import { checkDatabase } from '../../src/startup/server-checks';
import { missingMigrations } from '../../src/database/applied';
import { RIGHTS } from '../../src/database/grants';
import { UserDirectory } from '../../src/modules/accounts/directory';
import { SubjectDirectory } from '../../src/modules/accounts/subjects';
import { ConcertRepository } from '../../src/modules/catalog/repository';
import { NotificationRepository } from '../../src/modules/notifications/repository';
import { QueueRepository } from '../../src/modules/waiting-room/state/repository';
import { describeDatabaseError } from '../../src/platform/database/connection/ready';
import { at } from '../support/at';
import { Scratch } from '../support/rows/scratch';
import { Shop } from '../support/rows/shop';

/** In the server's words. */
const whyNot = (work: Promise<unknown>): Promise<string> =>
  work.then(() => 'it was allowed', describeDatabaseError);

describe("the application's account", () => {
  let scratch: Scratch;
  let shop: Shop;
  beforeAll(async () => {
    scratch = await Scratch.migrated();
    shop = await Shop.open(scratch);
  });
  afterAll(() => scratch.drop());

  it('has rights on every table of the schema, and on no others', async () => {
    expect(Object.keys(RIGHTS)).toEqual(expect.arrayContaining(await scratch.tables()));
    expect(await whyNot(scratch.app.query('SELECT * FROM mysql.user'))).toMatch(/denied/);
  });

  it('sees which migrations are missing, and cannot claim that one was applied', async () => {
    expect(await missingMigrations(scratch.app)).toEqual([]);
    await expect(checkDatabase(scratch.app)).resolves.toBeUndefined();
    for (const sql of ["INSERT INTO migration (name) VALUES ('x')", 'DELETE FROM migration'])
      expect(await whyNot(scratch.app.execute(sql))).toMatch(/denied/);
    await scratch.admin.execute("DELETE FROM migration WHERE name LIKE '0010-%'");
    try {
      expect(await missingMigrations(scratch.app)).toEqual(['0010-invariants-from-rows']);
      await expect(checkDatabase(scratch.app)).rejects.toThrow(
        'the migrations 0010-invariants-from-rows are missing: run migrate',
      );
    } finally {
      await scratch.admin.execute("INSERT INTO migration (name) VALUES ('0010-invariants-from-rows')");
    }
  });

  it.each([
    ['rewrite the ledger', 'UPDATE payment_history SET amount = 1'],
    ['erase the ledger', 'DELETE FROM payment_history'],
    ['empty the ledger', 'TRUNCATE TABLE payment_history'],
    ['drop a table', 'DROP TABLE payment_history'],
    ['alter a table', 'ALTER TABLE member DROP CONSTRAINT member_balance_not_negative'],
    ['create a table', 'CREATE TABLE loot (id INT)'],
    ['create a trigger', 'CREATE TRIGGER t BEFORE INSERT ON payment FOR EACH ROW SET NEW.amount = 0'],
    ['make a user', "INSERT INTO member (name) VALUES ('x')"],
    ['make a user with money', "INSERT INTO member (issuer, subject, balance) VALUES ('x', 'x', 1)"],
    ['take over a user', "UPDATE member SET subject = 'x'"],
    ['rename a user', "UPDATE member SET name = 'x'"],
    ['erase a user', 'DELETE FROM member'],
    ['change a price', 'UPDATE concert_seat SET amount = 0'],
    ['move a seat', 'UPDATE concert_seat SET schedule_id = 1'],
    ['change the price of a class', 'UPDATE price_class SET amount = 0'],
    ['move a seat in its hall', "UPDATE concert_seat SET section = 'x'"],
    ['change a layout', "UPDATE layout SET document = '{}'"],
    ['give a schedule to another concert', 'UPDATE concert_schedule SET concert_id = 1'],
    ['erase a concert', 'DELETE FROM concert'],
    ['erase the programme', 'DELETE FROM concert_schedule'],
    ['erase a seat', 'DELETE FROM concert_seat'],
    [
      'make an operator',
      "INSERT INTO operator (name, role, key_hash) VALUES ('x', 'admin', REPEAT('x', 32))",
    ],
    ['give an operator another role', "UPDATE operator SET role = 'admin'"],
    ['give an operator another key', "UPDATE operator SET key_hash = REPEAT('x', 32)"],
    ['bring a revoked operator back', 'UPDATE operator SET revoked_at = NULL'],
    ['rewrite the audit', "UPDATE audit SET actor = 'x'"],
    ['erase the audit', 'DELETE FROM audit'],
    [
      'replace an entry of the audit',
      "REPLACE INTO audit (id, actor, role, act, subject) VALUES (1, 'x', 'x', 'x', 'x')",
    ],
    ['empty the audit', 'TRUNCATE TABLE audit'],
    ['forget a cancellation', 'DELETE FROM schedule_cancellation'],
    ['give a reservation to another', 'UPDATE reservation SET user_id = 1'],
    ['change what was bought', "UPDATE reservation SET concert_title = 'x', amount = 0"],
    ['erase a reservation', 'DELETE FROM reservation'],
    ['give an order to another', 'UPDATE orders SET user_id = 1'],
    ['make an order cheaper', 'UPDATE orders SET total = 0'],
    ['erase an order', 'DELETE FROM orders'],
    ['change what was paid', 'UPDATE payment SET amount = 0'],
    ['erase a payment', 'DELETE FROM payment'],
  ])('may not %s', async (_what, sql) => {
    expect(await whyNot(scratch.app.execute(sql))).toMatch(/denied/);
  });

  it.each(Object.keys(RIGHTS))('may lock rows of %s', async (table) => {
    if (!(await scratch.tables()).includes(table)) return;
    await scratch.app.transaction((tx) => tx.query(`SELECT * FROM ${table} LIMIT 1 FOR UPDATE`));
  });

  it('may do all that the product does: sell, charge, take over a past hold and sweep', async () => {
    await shop.buy(at(shop.seatIds, 0));
    await shop.charge(500);

    const past = await shop.hold(at(shop.seatIds, 1));
    await shop.given.holdIsPast(past);
    await shop.hold(at(shop.seatIds, 1)); // takes over
    const left = await shop.hold(at(shop.seatIds, 2));
    await shop.given.holdIsPast(left);
    expect(await scratch.app.transaction((tx) => shop.sales.expiry.expireHolds(tx, 10))).toHaveLength(1);

    const on = scratch.app;
    const [item] = await on.query<{ status: string; order: string }>(
      'SELECT r.status, o.status AS `order` FROM reservation r JOIN orders o ON o.id = r.order_id WHERE r.id = ?',
      [left],
    );
    expect(item).toEqual({ status: 'CANCELED', order: 'EXPIRED' });
    await expect(shop.hold(at(shop.seatIds, 0))).rejects.toThrow('somebody else has it');
    expect(await shop.sales.balances.findBalance(on, shop.userId)).toBe(1_000_400);
    expect(await new UserDirectory(on).exists(shop.userId)).toBe(true);
  });

  it('may make the user whom the shop names, once', async () => {
    const subjects = new SubjectDirectory(scratch.app);
    const { userId, isNew } = await subjects.findOrCreate('shop', 'ada');
    expect(isNew).toBe(true);
    expect(await new SubjectDirectory(scratch.app).findOrCreate('shop', 'ada')).toEqual({
      userId,
      isNew: false,
    });
    expect(subjects.knownIdOf('ada')).toBe(userId);
  });

  it('may forget what was handled long ago', async () => {
    await expect(new NotificationRepository().purge(scratch.app, 30)).resolves.toBe(false);
  });

  it('may read the programme, remember keys and save the progress of queues', async () => {
    const concerts = new ConcertRepository(scratch.app);
    expect(await concerts.schedules()).toHaveLength(1);
    expect(await concerts.sale(shop.scheduleId)).toBe('OPEN');
    expect((await concerts.shownSchedules()).has(shop.scheduleId)).toBe(true);
    expect(await concerts.availability(shop.scheduleId)).toMatchObject({ sale: 'OPEN' });
    for await (const page of concerts.places(shop.scheduleId)) expect(page).toHaveLength(shop.seatIds.length);
    for await (const page of concerts.availableSeats(shop.scheduleId)) expect(page).not.toEqual([]);

    const key = { userId: shop.userId, id: 'k', fingerprint: Buffer.alloc(32) };
    await shop.keys.remember(key, 404, '{}');
    expect(await shop.keys.find(key)).toMatchObject({ status: 404 });
    await scratch.admin.execute('UPDATE idempotency_key SET created_at = NOW(3) - INTERVAL 3 DAY');
    await shop.keys.forgetOlderThan(48);
    expect(await shop.keys.find(key)).toBeUndefined();

    const queues = new QueueRepository(scratch.app);
    await queues.save('main', { issued: 5, headSeq: 3, gen: 1 });
    await queues.save('main', { issued: 4, headSeq: 4, gen: 1 });
    expect(await queues.find('main')).toEqual({ issued: 5, headSeq: 4, gen: 1 });
  });
});
