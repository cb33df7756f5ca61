import { Health } from '../../../src/modules/operations/health';
import { Database, DatabaseUnavailable } from '../../../src/platform/database/database';
import { Buyer, outcome } from '../../support/clients/buyer';
import { Given } from '../../support/rows/given';
import { MariaDbServer, noMariaDbServer } from '../../support/servers/mariadb-server';
import { startTestService } from '../../support/service';
import { TcpProxy } from '../../support/servers/tcp-proxy';
import { until } from '../../support/wait';

const described = noMariaDbServer === undefined ? describe : describe.skip;

const CHARGERS = 8;
/** So long that it decides nothing, also on a machine that stands still for a while. */
const PATIENCE_MS = 60_000;

described('a MariaDB that answers, but not as before', () => {
  /** New connections reach its target; those of now stay where they are. */
  const target = { host: '127.0.0.1', port: 0 };
  const proxy = new TcpProxy(target);
  let one: MariaDbServer;
  let other: MariaDbServer;
  let service: Awaited<ReturnType<typeof startTestService>>;
  let buyers: Buyer[];
  let seat: { scheduleId: number; seatId: number };

  const charge = async (): Promise<string[]> =>
    (await Promise.all(buyers.map((buyer) => buyer.charge(1)))).map(outcome);
  const all = (result: string): string[] => buyers.map(() => result);
  const areAll = async (result: string): Promise<boolean> =>
    (await charge()).every((each) => each === result);
  /** A probe has a second: on a busy machine an answer may be late, and is right the next time. */
  const isReady = (status: 'up' | 'down'): Promise<true> =>
    until(`readiness says ${status}`, async () => {
      const { dependencies } = await service.container.resolve(Health).report();
      return dependencies.database?.status === status;
    });

  beforeAll(async () => {
    [one, other] = (await MariaDbServer.start(2)) as [MariaDbServer, MariaDbServer];
    target.port = one.port;
    await proxy.open();
    // The same rows on both, as on a primary and its replica.
    const given = [new Given(one.root), new Given(other.root)] as const;
    const [userIds] = await Promise.all(given.map((each) => each.users(CHARGERS)));
    const [schedule] = await Promise.all(given.map((each) => each.scheduleWithSeats(3)));
    seat = { scheduleId: schedule?.id ?? 0, seatId: schedule?.seats[0]?.id ?? 0 };
    service = await startTestService({
      DATABASE_URL: one.url('app', proxy.port),
      DATABASE_ADMIN_URL: one.url('owner', proxy.port),
      DATABASE_POOL_MAX: CHARGERS,
      DATABASE_ACQUIRE_TIMEOUT_MS: PATIENCE_MS,
      DATABASE_TIMEOUT_MS: PATIENCE_MS,
      QUEUE_MAX_ACTIVE: 100,
      LIST_CACHE_TTL_MS: 0,
    });
    const enter = (id: number): Promise<Buyer> =>
      until('a token', () => new Buyer(service.url, id).enter().catch(() => undefined));
    buyers = await Promise.all((userIds ?? []).map(enter));
  });
  /** What a test has changed is as before for the next one. */
  afterEach(async () => {
    target.port = one.port;
    await one.set('max_prepared_stmt_count = 16382');
    await one.set('read_only = 0');
    await one.root.execute('DROP TRIGGER IF EXISTS refuse');
  });
  afterAll(async () => {
    await service.stop();
    await proxy.cut();
    await Promise.all([one.end(), other.end()]);
  });

  it('is not mistaken for an empty list, and ends no process, when it has no room for a prepared statement', async () => {
    await one.set('max_prepared_stmt_count = 0');
    const lists = await Promise.all(buyers.map((buyer) => buyer.seats(seat.scheduleId)));
    for (const { body, headers } of lists) {
      expect(headers['x-fallback']).toBeUndefined();
      expect((body as { data: unknown[] }).data).toHaveLength(3);
    }
    expect(await charge()).toEqual(all('200'));
    const [buyer] = buyers;
    expect(await buyer?.hold(seat.scheduleId, seat.seatId)).toBeGreaterThan(0);
  });

  it('executes no other statement than the one that could not be prepared', async () => {
    const database = new Database({
      url: one.url('app'),
      poolMax: 1,
      acquireMs: PATIENCE_MS,
      timeoutMs: PATIENCE_MS,
    });
    const balanceOf = async (id?: number): Promise<number | undefined> =>
      (await one.root.query<{ balance: number }>('SELECT balance FROM member WHERE id = ?', [id ?? 0]))[0]
        ?.balance;
    const [payer, reader] = buyers;
    const update = 'UPDATE member SET balance = balance + 1 WHERE id = ?';
    await database.execute(update, [payer?.userId ?? 0]);
    const before = [await balanceOf(payer?.userId), await balanceOf(reader?.userId)];
    await one.set('max_prepared_stmt_count = 0');
    const [row] = await database.query<{ id: number }>('SELECT id FROM member WHERE id = ?', [
      reader?.userId ?? 0,
    ]);
    await database.close();
    expect(row?.id).toBe(reader?.userId);
    expect([await balanceOf(payer?.userId), await balanceOf(reader?.userId)]).toEqual(before);
  });

  it('keeps no more prepared statements of a connection than it may', async () => {
    const database = new Database({
      url: one.url('app'),
      poolMax: 1,
      acquireMs: PATIENCE_MS,
      timeoutMs: PATIENCE_MS,
      statementsMax: 5,
    });
    for (let i = 0; i < 100; i++) await database.query(`SELECT ${i}`);
    const counts = await database.query<{ name: string; value: number }>(
      `SELECT variable_name AS name, CAST(variable_value AS UNSIGNED) AS value
         FROM information_schema.session_status WHERE variable_name IN ('COM_STMT_PREPARE', 'COM_STMT_CLOSE')`,
    );
    await database.close();
    const count = (name: string): number => counts.find((one) => one.name === name)?.value ?? NaN;
    expect(count('COM_STMT_PREPARE')).toBeGreaterThanOrEqual(100);
    expect(count('COM_STMT_PREPARE') - count('COM_STMT_CLOSE')).toBeLessThanOrEqual(6); // with this one
  });

  it.each<[string, string, number, string, string]>([
    ['1030', 'HY000', 1030, '503 503', '1'],
    ['1180', 'HY000', 1180, '503 503', '1'],
    ['1206', 'HY000', 1206, '503 503', '1'],
    ['an unknown error', 'HY000', 4999, '503 503', '1'],
    ['a rolled back transaction', '40001', 1213, '503 503', '1'],
    ['a limit of the account', '42000', 1226, '503 503', '1'],
    ['a bug', '45000', 1644, '500 500', 'none'],
    ['a wrong value', '22003', 1690, '500 500', 'none'],
  ])('answers by the meaning of %s', async (_what, sqlState, errno, result, retryAfter) => {
    await one.root.execute(
      `CREATE TRIGGER refuse BEFORE INSERT ON payment_history FOR EACH ROW
         SIGNAL SQLSTATE '${sqlState}' SET MYSQL_ERRNO = ${errno}, MESSAGE_TEXT = 'as the test wants'`,
    );
    const answer = await buyers[0]?.charge(1);
    await one.root.execute('DROP TRIGGER refuse');
    expect(answer && outcome(answer)).toBe(result);
    expect(answer?.headers['retry-after'] ?? 'none').toBe(retryAfter);
    expect(await charge()).toEqual(all('200'));
  });

  it('takes charges again, by the same process, when the account has got a right back, whichever way', async () => {
    const allRefused = async (): Promise<void> => {
      const answers = await Promise.all(buyers.map((buyer) => buyer.charge(1)));
      expect(answers.map(outcome)).toEqual(all('503 503'));
      expect(answers.map(({ headers }) => headers['retry-after'])).toEqual(buyers.map(() => '1'));
    };
    const APP = "'app'@'127.0.0.1'";
    await one.root.execute(`REVOKE INSERT ON concert.payment_history FROM ${APP}`);
    await allRefused();
    await one.root.execute(`GRANT INSERT ON concert.* TO ${APP}`); // which connections of before do not see
    await until('charges succeed', () => areAll('200'));
    await one.root.execute(`REVOKE INSERT ON concert.* FROM ${APP}`);
    await one.root.execute(`GRANT INSERT ON concert.payment_history TO ${APP}`);
    await one.root.execute('RENAME TABLE payment_history TO moved');
    await allRefused();
    await one.root.execute('RENAME TABLE moved TO payment_history');
    await until('charges succeed', () => areAll('200'));
  });

  it('is asked nothing more, and no other server is, about a statement that has taken too long', async () => {
    const status = async (server: MariaDbServer, name: string): Promise<number> => {
      const [row] = await server.root.query<{ value: number }>(
        'SELECT CAST(variable_value AS UNSIGNED) AS value FROM information_schema.global_status WHERE variable_name = ?',
        [name],
      );
      return row?.value ?? 0;
    };
    const app = { url: one.url('app', proxy.port), poolMax: 1, acquireMs: PATIENCE_MS };
    const options = { ...app, timeoutMs: PATIENCE_MS };
    const database = new Database(options);
    await database.query('SELECT 1'); // connects, with time
    options.timeoutMs = 2000;
    const before = await status(other, 'CONNECTIONS');
    target.port = other.port; // the failover
    await one.root.transaction(async (holder) => {
      await holder.query("SELECT GET_LOCK('held', 0)");
      await expect(database.query("SELECT GET_LOCK('held', 600)")).rejects.toThrow(DatabaseUnavailable);
      options.timeoutMs = PATIENCE_MS;
      await database.query('SELECT 1');
      await holder.query("SELECT RELEASE_LOCK('held')");
    });
    await database.close();
    expect((await status(other, 'CONNECTIONS')) - before).toBeGreaterThan(0);
    expect([await status(one, 'COM_KILL'), await status(other, 'COM_KILL')]).toEqual([0, 0]);
  });

  it('tells that it is read-only, and is asked again when it no longer is', async () => {
    await one.set('read_only = 1');
    await until('charges are refused', () => areAll('503 503'));
    await isReady('down');
    const connections = async (): Promise<number> => {
      const [row] = await one.root.query<{ value: number }>(
        `SELECT CAST(variable_value AS UNSIGNED) AS value FROM information_schema.global_status
          WHERE variable_name = 'CONNECTIONS'`,
      );
      return row?.value ?? 0;
    };
    const before = await connections();
    const startMs = performance.now();
    for (let i = 0; i < 50; i++) await charge();
    const rounds = 2 + (performance.now() - startMs) / 250;
    expect((await connections()) - before).toBeLessThanOrEqual(rounds * CHARGERS); // of 400 requests
    await one.set('read_only = 0');
    await until('charges succeed', () => areAll('200'));
    await isReady('up');
  });

  it('is left by all connections for the new primary when it has become read-only', async () => {
    expect(await charge()).toEqual(all('200')); // on as many connections of the old one
    await one.set('read_only = 1');
    target.port = other.port;
    await until('charges succeed', () => areAll('200'));
    const [row] = await other.root.query<{ charged: number }>(
      'SELECT COUNT(*) AS charged FROM payment_history',
    );
    expect(row?.charged).toBeGreaterThanOrEqual(CHARGERS);
    await isReady('up');
    const left = async (): Promise<boolean> =>
      (await one.root.query("SELECT 1 FROM information_schema.processlist WHERE user = 'app'")).length === 0;
    await until('nobody is connected to the old one', left);
  });
});
