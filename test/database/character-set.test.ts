import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'supertest';
import type { SqlExecutor } from '../../src/platform/database/database';
import { pinDefault } from '../../src/database/character-set';
import { RIGHTS } from '../../src/database/grants';
import { at } from '../support/at';
import { Buyer } from '../support/clients/buyer';
import { Given } from '../support/rows/given';
import { dataOf, givenOperator, inDays, OrganizerClient } from '../support/rows/organizer';
import { startTestService } from '../support/service';
import { until } from '../support/wait';
import { Scratch } from '../support/rows/scratch';

const TITLE = '겨울의 빛 🎸 Été à Zürich';
/** What latin1 has letters for. */
const LATIN_TITLE = 'Été à Zürich';

const migrations = join(__dirname, '../../src/database/migrations');

describe('a database whose default is latin1', () => {
  let scratch: Scratch;
  beforeEach(async () => {
    scratch = await Scratch.create('latin1');
  });
  afterEach(() => scratch.drop());

  /** Columns that hold text otherwise than as utf8mb4, or ascii for ids. */
  const otherColumns = (): Promise<unknown[]> =>
    scratch.admin.query(
      `SELECT table_name, column_name, collation_name FROM information_schema.columns
        WHERE table_schema = ? AND collation_name IS NOT NULL AND collation_name NOT IN ('utf8mb4_bin', 'ascii_bin')`,
      [scratch.name],
    );
  const otherTables = (): Promise<unknown[]> =>
    scratch.admin.query(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = ? AND table_collation <> 'utf8mb4_bin'",
      [scratch.name],
    );

  /** As a product before 0009 has left it. */
  async function makeOld(): Promise<void> {
    await scratch.migrator().up('0007-notification-by-time');
    await scratch.admin.execute(
      `ALTER DATABASE ${scratch.name} CHARACTER SET latin1 COLLATE latin1_swedish_ci`,
    );
    for (const table of await scratch.tables())
      if (table in RIGHTS)
        await scratch.admin.execute(`ALTER TABLE ${table} CONVERT TO CHARACTER SET latin1`);
    for (const [table, column, length] of [
      ['idempotency_key', 'id', 255],
      ['queue_state', 'queue_id', 64],
    ] as const)
      await scratch.admin.execute(
        `ALTER TABLE ${table} MODIFY ${column} VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin NOT NULL`,
      );
  }

  it('becomes utf8mb4, and lists and notifications show Korean and emoji as they were written', async () => {
    await scratch.migrator().up();
    expect(scratch.lines).toContainEqual(
      "the database's default is now utf8mb4 (utf8mb4_bin); it was latin1 (latin1_swedish_ci)",
    );
    expect([await otherColumns(), await otherTables()]).toEqual([[], []]);
    expect(await scratch.migrator().up()).toEqual([]); // and says nothing more
    expect(scratch.lines.filter((line) => line.includes('utf8mb4 (utf8mb4_bin)'))).toHaveLength(1);

    const given = new Given(scratch.admin);
    const { id, seats } = await given.scheduleWithSeats(1);
    await scratch.admin.execute('UPDATE concert SET title = ?', [TITLE]);
    const service = await startTestService({ ...scratch.env, QUEUE_MAX_ACTIVE: 10 });
    try {
      const buyer = await new Buyer(service.url, await given.user(1000)).enter();
      const listed = (await buyer.schedules()).body as { data: { concertTitle: string }[] };
      expect(listed.data.map(({ concertTitle }) => concertTitle)).toEqual([TITLE]);
      await buyer.pay(await buyer.hold(id, at(seats, 0).id));
      const snapshots = await scratch.admin.query('SELECT concert_title AS title FROM reservation');
      expect(snapshots).toEqual([{ title: TITLE }]);
      const sent = await until('hold and sale are announced', async () => {
        const rows = await scratch.admin.query<{ message: string }>('SELECT message FROM notification');
        return rows.length === 2 && rows;
      });
      for (const { message } of sent) expect(message).toContain(`“${TITLE}”`);
    } finally {
      await service.stop();
    }
  });

  it('loses no letter of layouts and remembered answers where the default could not be changed', async () => {
    await scratch.migrator().up();
    await scratch.admin.execute(`ALTER DATABASE ${scratch.name} CHARACTER SET latin1`);
    const service = await startTestService({ ...scratch.env, QUEUE_MAX_ACTIVE: 10 });
    try {
      const organizer = new OrganizerClient(service.url, (await givenOperator(scratch.admin, 'admin')).key);
      const seat = { number: '가🎸', x: 0, y: 0, priceClass: '일반석 🎹' };
      const sections = [{ name: '구역 Ą', rows: [{ label: '나🎹', seats: [seat] }] }];
      const { layoutId } = dataOf<{ layoutId: number }>(
        await organizer.post('layouts', { name: TITLE, sections }),
      );
      const { concertId } = dataOf<{ concertId: number }>(await organizer.post('concerts', { title: TITLE }));
      const created = await organizer.post(`concerts/${concertId}/schedules`, {
        startsAt: inDays(30),
        endsAt: inDays(31),
        layoutId,
        prices: { '일반석 🎹': 100 },
      });
      const { scheduleId } = dataOf<{ scheduleId: number }>(created);
      dataOf(await organizer.post(`schedules/${scheduleId}/publication`, {}));
      const buyer = await new Buyer(service.url, await new Given(scratch.admin).user(1000)).enter();
      const order = (): Test =>
        buyer.post('/v1/api/orders', 'key').send({ scheduleId, best: { count: 1, priceClass: '일반석 🎹' } });
      const first = await order();
      expect(dataOf<object>(first)).toMatchObject({
        concertTitle: TITLE,
        seats: [{ section: '구역 Ą', row: '나🎹', number: '가🎸' }],
      });
      const again = await order();
      expect([again.headers['idempotency-replayed'], again.text]).toEqual(['true', first.text]);
    } finally {
      await service.stop();
    }
  });

  it('keeps its text when tables of an older version are converted, and takes what it could not hold', async () => {
    await makeOld();
    const given = new Given(scratch.admin);
    const { id } = await given.scheduleWithSeats(2);
    await scratch.admin.execute('UPDATE concert SET title = ?', [LATIN_TITLE]);
    await expect(scratch.admin.execute('UPDATE concert SET title = ?', [TITLE])).rejects.toThrow(
      'Incorrect string value',
    );

    await scratch.migrator().up();
    expect([await otherColumns(), await otherTables()]).toEqual([[], []]);
    const [row] = await scratch.admin.query('SELECT title, HEX(title) AS bytes FROM concert');
    expect(row).toEqual({
      title: LATIN_TITLE,
      bytes: Buffer.from(LATIN_TITLE).toString('hex').toUpperCase(),
    });
    const statuses = await scratch.admin.query('SELECT status FROM concert_seat WHERE schedule_id = ?', [id]);
    expect(statuses).toEqual([{ status: 'AVAILABLE' }, { status: 'AVAILABLE' }]);
    await scratch.admin.execute('UPDATE concert SET title = ?', [TITLE]);
    expect(await scratch.admin.query('SELECT title FROM concert')).toEqual([{ title: TITLE }]);
  });

  it('distinguishes text by case, accents, emoji and leading blanks', async () => {
    await scratch.migrator().up();
    const names = ['relay', 'Relay', 'rélay', '🎸', '🎹', ' relay'];
    for (const name of names)
      await scratch.admin.execute('INSERT INTO outbox_lease (name) VALUES (?)', [name]);
    for (const title of names) await scratch.admin.execute('INSERT INTO concert (title) VALUES (?)', [title]);
    for (const name of names) {
      const found = await scratch.app.query('SELECT title FROM concert WHERE title = ?', [name]);
      expect(found).toEqual([{ title: name }]);
    }
  });
});

describe('the character set of text', () => {
  it('is reported to an administrator when the account may not change the default', async () => {
    const asked: string[] = [];
    const denied = Object.assign(new Error('Access denied'), { errno: 1044 });
    const on: SqlExecutor = {
      query: <T>() => Promise.resolve([{ charset: 'latin1', collation: 'latin1_swedish_ci' } as T]),
      execute: () => Promise.reject(denied),
    };
    await pinDefault(on, 'shop', (line) => asked.push(line));
    expect(asked).toEqual([
      "the database's default is latin1 (latin1_swedish_ci), and this account may not change it. " +
        'As an administrator, run: ALTER DATABASE `shop` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    ]);
    const broken = { ...on, execute: () => Promise.reject(new Error('gone')) };
    await expect(pinDefault(broken, 'shop', () => undefined)).rejects.toThrow('gone');
  });

  it('is named by each table that a later migration makes', () => {
    const later = readdirSync(migrations).filter((file) => file.endsWith('.up.sql') && file > '0010');
    for (const file of later)
      for (const table of readFileSync(join(migrations, file), 'utf8').match(/CREATE TABLE[^;]*/g) ?? [])
        expect(`${file}: ${table}`).toContain('CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
  });

  it('comes, like the rest of a session, from no default of the server', async () => {
    const scratch = await Scratch.create();
    try {
      const [session] = await scratch.admin.query(
        `SELECT @@character_set_client AS client, @@character_set_results AS results, @@sql_mode AS mode,
                @@collation_connection AS collation, @@autocommit AS autocommit, @@default_storage_engine AS engine`,
      );
      expect(session).toEqual({
        client: 'utf8mb4',
        results: 'utf8mb4',
        collation: 'utf8mb4_bin',
        autocommit: 1,
        engine: 'InnoDB',
        mode: 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION',
      });
    } finally {
      await scratch.drop();
    }
  });
});
