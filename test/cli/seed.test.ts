import { withAdvisoryLock } from '../../src/platform/database/advisory-lock';
import { titleOf } from '../../src/cli/seed/titles';
import { readSeedOptions } from '../../src/cli/seed/options';
import { expectInvariants } from '../support/invariants';
import { activeUser, Sales } from '../support/rows/sales';
import { until } from '../support/wait';
import { Scratch } from '../support/rows/scratch';
import { type Ended, runTool } from '../support/servers/tool';

const SMALL = ['--users', '50', '--concerts', '3', '--dates', '2', '--seats', '10'];

type Row = Record<string, number>;

describe('seed', () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await Scratch.migrated();
  });
  beforeEach(() => scratch.empty());
  afterAll(() => scratch.drop());

  const seed = (...args: string[]): Promise<Ended> => runTool('seed', args, scratch.env);

  const counts = async (): Promise<Row | undefined> =>
    (
      await scratch.admin.query<Row>(`
        SELECT (SELECT COUNT(*) FROM member) AS users, (SELECT COUNT(*) FROM payment_history) AS entries,
               (SELECT COUNT(*) FROM concert) AS concerts, (SELECT COUNT(*) FROM concert_schedule) AS dates,
               (SELECT COUNT(*) FROM concert_seat) AS seats`)
    )[0];

  const isLockAwaited = async (): Promise<boolean> => {
    const waiting =
      "SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND state = 'User lock'";
    return (await scratch.admin.query(waiting)).length > 0;
  };

  const moveToThePast = (where: string): Promise<unknown> =>
    scratch.admin.execute(`
      UPDATE concert_schedule SET starts_at = starts_at - INTERVAL 70 DAY, ends_at = ends_at - INTERVAL 70 DAY
       WHERE ${where}`);

  /** Each user has its balance with the ledger entry, and each date its evening and price classes. */
  async function expectBalancesAndDates(): Promise<void> {
    const [user] = await scratch.admin.query<Row>(
      `SELECT m.name, m.balance, h.kind, h.amount FROM member m JOIN payment_history h ON h.user_id = m.id WHERE m.id = 7`,
    );
    expect(user).toEqual({ name: 'User 7', balance: 1_000_000, kind: 'CHARGE', amount: 1_000_000 });
    const dates = await scratch.admin.query<{ startsAt: Date; hours: number }>(
      `SELECT starts_at AS startsAt, TIMESTAMPDIFF(MINUTE, starts_at, ends_at) / 60 AS hours FROM concert_schedule`,
    );
    for (const { startsAt, hours } of dates) {
      expect(startsAt.toLocaleTimeString('en-GB', { timeZone: 'Asia/Seoul' })).toBe('19:00:00');
      expect(startsAt.getTime()).toBeGreaterThan(Date.now());
      expect(hours).toBe(2.5);
    }
    expect(new Set(dates.map(({ startsAt }) => startsAt.getTime())).size).toBeGreaterThan(3);
    const seats = await scratch.admin.query<Row>(
      'SELECT amount FROM concert_seat WHERE schedule_id = 1 ORDER BY position',
    );
    const expected = [200, 150, 150, 120, 120, 120, 90, 90, 90, 90];
    expect(seats.map(({ amount }) => amount)).toEqual(expected.map((thousands) => thousands * 1000));
  }

  it('fills an empty database without gaps, changes nothing the second time, and adds what more needs', async () => {
    const { code, stdout, stderr } = await seed(...SMALL);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('seed 100% (110 of 110)\n');
    expect(stdout).toMatch(
      /seeded 50 users, 3 concerts, 6 dates, 60 seats; moved 0 past dates ahead; \d+\.\d s\n$/,
    );
    expect(await counts()).toEqual({ users: 50, entries: 50, concerts: 3, dates: 6, seats: 60 });
    const lastIds = { member: 50, concert: 3, concert_schedule: 6, concert_seat: 60 }; // words-allow: member
    for (const [table, last] of Object.entries(lastIds)) {
      const rows = await scratch.admin.query<Row>(`SELECT MIN(id) AS first, MAX(id) AS last FROM ${table}`);
      expect({ table, ...rows[0] }).toEqual({ table, first: 1, last });
    }
    await expectInvariants({ database: scratch.app });
    await expectBalancesAndDates();
    const before = await scratch.admin.query('SELECT * FROM concert_schedule');
    expect((await seed(...SMALL)).stdout).toContain('seeded 0 users, 0 concerts, 0 dates, 0 seats;');
    expect(await scratch.admin.query('SELECT * FROM concert_schedule')).toEqual(before);

    await scratch.admin.execute('DELETE FROM concert_seat WHERE id = 5');
    const more = await seed('--users', '60', '--concerts', '4', '--dates', '3', '--seats', '12');
    expect(more.stdout).toContain('seeded 10 users, 1 concert, 6 dates, 85 seats;');
    expect(await counts()).toEqual({ users: 60, entries: 60, concerts: 4, dates: 12, seats: 144 });
    await expectInvariants({ database: scratch.app });
  });

  /** A user has a seat. */
  const hold = (scheduleId: number, seatId: number): Promise<unknown> =>
    scratch.app.transaction((tx) =>
      new Sales().hold(tx, [{ user: activeUser(1), scheduleId, seatIds: [seatId] }]),
    );

  it('leaves balances and seats that are held as they are', async () => {
    await seed(...SMALL);
    await hold(1, 1);
    await scratch.admin.execute(
      "INSERT INTO payment_history (user_id, kind, amount, balance_after) VALUES (2, 'CHARGE', 5, 1000005)",
    );
    await scratch.admin.execute('UPDATE member SET balance = balance + 5 WHERE id = 2');
    const tables = ['member', 'payment_history', 'concert_seat', 'reservation'];
    const all = (): Promise<unknown> =>
      Promise.all(tables.map((table) => scratch.admin.query(`SELECT * FROM ${table}`)));
    const before = await all();
    await seed(...SMALL);
    expect(await all()).toEqual(before);
  });

  it('moves past dates ahead by whole weeks, but none in which somebody has a seat', async () => {
    await seed(...SMALL);
    await hold(2, 11);
    const datesOf = (): Promise<{ id: number; startsAt: Date }[]> =>
      scratch.admin.query('SELECT id, starts_at AS startsAt FROM concert_schedule WHERE id <= 3 ORDER BY id');
    const before = await datesOf();
    await moveToThePast('id <= 2');
    expect((await seed('--if-empty')).stdout).toMatch(/seeded nothing .*; moved 1 past date ahead/);
    const after = await datesOf();
    const days = after.map(
      ({ startsAt }, i) => (startsAt.getTime() - (before[i]?.startsAt.getTime() ?? 0)) / 86_400_000,
    );
    expect(days[0] ?? NaN).toBe(-70 + 28 * 3);
    expect(days.slice(1)).toEqual([-70, 0]);

    // A full run replaces the date that stays behind.
    expect((await seed(...SMALL)).stdout).toContain('0 concerts, 1 date, 10 seats; moved 0 past');
  });

  it('makes with --shop one sale that opens in a minute, one that is sold out, and one that is past, once', async () => {
    const { stdout, stderr } = await seed(...SMALL, '--shop');
    expect([stdout, stderr]).toEqual([expect.stringContaining('seeded 3 shows, 50 users, 3 concerts'), '']);
    const shows = await scratch.admin.query<Row>(`
      SELECT d.state, TIMESTAMPDIFF(SECOND, NOW(3), d.opens_at) AS opensIn, d.ends_at < NOW(3) AS past,
             SUM(s.status = 'AVAILABLE') AS free, COUNT(*) AS seats
        FROM concert_schedule d JOIN concert_seat s ON s.schedule_id = d.id
       WHERE d.layout_id IS NOT NULL GROUP BY d.id ORDER BY d.id`);
    expect(shows).toMatchObject([
      { state: 'PUBLISHED', past: 0, free: 1000, seats: 1000 },
      { state: 'PUBLISHED', opensIn: null, past: 1, free: 1000 },
      { state: 'PUBLISHED', opensIn: null, past: 0, free: 0, seats: 40 },
    ]);
    expect(shows[0]?.opensIn).toBeLessThanOrEqual(60);
    expect((await seed(...SMALL, '--shop')).stdout).toContain('seeded 0 shows, 0 users');
    const few = await seed('--users', '39', '--shop');
    expect([few.code, few.stderr]).toEqual([2, expect.stringContaining('--users must be at least that')]);
    await expectInvariants({ database: scratch.app });
  });

  it('with --if-empty does nothing where users are, and all of it where none are', async () => {
    expect((await seed('--if-empty', ...SMALL)).stdout).toContain('seeded 50 users');
    const before = await counts();
    expect((await seed('--if-empty', '--users', '99')).stdout).toContain('seeded nothing');
    expect(await counts()).toEqual(before);
  });

  it('with --if-empty completes a run that broke off', async () => {
    await seed(...SMALL);
    await scratch.admin.execute('DELETE FROM payment_history WHERE user_id < 20');
    await scratch.admin.execute('DELETE FROM member WHERE id < 20'); // the lower ones come last
    expect((await seed('--if-empty', ...SMALL)).stdout).toContain('seeded 19 users, 0 concerts');
  });

  it('touches no programme but its own', async () => {
    await scratch.admin.execute("INSERT INTO concert (id, title) VALUES (2, 'A real concert')");
    await scratch.admin.execute(
      "INSERT INTO concert_schedule (id, concert_id, starts_at, ends_at) VALUES (1, 2, '2020-01-01', '2020-01-02')",
    );
    await seed(...SMALL);
    const real = await scratch.admin.query<{ startsAt: Date }>(
      'SELECT starts_at AS startsAt FROM concert_schedule WHERE concert_id = 2',
    );
    expect(real.map(({ startsAt }) => startsAt.getUTCFullYear())).toEqual([2020]);
  });

  it('runs once when several start at once', async () => {
    const all = await Promise.all([1, 2, 3].map(() => seed('--if-empty', ...SMALL)));
    expect(all.filter(({ stdout }) => stdout.includes('seeded 50 users'))).toHaveLength(1);
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await counts()).toEqual({ users: 50, entries: 50, concerts: 3, dates: 6, seats: 60 });
  });

  it('waits while another one is at work', async () => {
    const waiting = await withAdvisoryLock(
      scratch.admin,
      'seed',
      () => undefined,
      async () => {
        const ended = seed(...SMALL);
        await until('the other one waits for the lock', isLockAwaited);
        expect(await counts()).toMatchObject({ users: 0, concerts: 0 });
        return { ended };
      },
    );
    expect((await waiting.ended).stdout).toMatch(/already: waiting for it …\n[^]*seeded 50 users/);
  });

  it('says so when there are no tables yet', async () => {
    const bare = await Scratch.create();
    try {
      const stderr = 'Tables are missing: "npm run db -- migrate" makes them.\n';
      expect(await runTool('seed', SMALL, bare.env)).toMatchObject({ code: 1, stderr });
    } finally {
      await bare.drop();
    }
  });
});

describe('the options of seed', () => {
  it.each([
    [['--users', 'many'], /^--users must be a whole number from 1 to \d+, not "many"/],
    [['--concerts', '0'], /^--concerts must be/],
    [['--dates', '1.5'], /^--dates must be/],
    [['--seats', '1e3'], /^--seats must be/],
    [['--seats', ''], "Option '--seats' is empty."],
    [['--seats'], /--seats/],
    [['--seats=-1'], /^--seats must be/],
    [['--concerts', '99999', '--seats', '99999'], /^--concerts × --dates × --seats must be at most/],
    [['--wait', '1m'], /^--wait must be a whole number from 0 to \d+, not "1m"/],
    [['--chairs', '3'], /--chairs/],
    [['everything'], /everything/],
  ])('%j is refused', (args, message) => {
    expect(() => readSeedOptions(args)).toThrow(message);
  });

  it('have the defaults of the study', () => {
    const study = { users: 100_000, concerts: 10, dates: 3, seats: 1000 };
    expect(readSeedOptions([])).toEqual({ ...study, shop: false, ifEmpty: false, patienceMs: 0 });
  });

  it('end the tool with code 2 when they are invalid, before it connects to the database', async () => {
    const { code, stderr } = await runTool('seed', ['--seats', 'ten'], {
      DATABASE_ADMIN_URL: 'mariadb://x@127.0.0.1:9/x',
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^--seats must be .* not "ten"\.\nUsage:/);
  });
});

it('no two of a hundred concerts have one title', () => {
  const titles = Array.from({ length: 100 }, (_, i) => titleOf(i + 1));
  expect(new Set(titles).size).toBe(100);
  expect(titles.slice(0, 30).filter((title) => / \d+$/.test(title))).toEqual([]);
});
