import request from 'supertest';
import { LiveReport } from '../../src/modules/live/schema';
import { LiveStreams, MOST_STREAMS } from '../../src/modules/live/streams';
import { OperatorService } from '../../src/modules/organizer/operators/service';
import { Unauthorized, Unavailable } from '../../src/common/errors';
import { at } from '../support/at';
import { testConfig } from '../support/config';
import { followLive } from '../support/clients/live';
import { givenOperator, type OperatorKey } from '../support/rows/organizer';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';
import { proxied } from '../support/servers/tcp-proxy';
import { until } from '../support/wait';

describe('the live view of operators', () => {
  const app = useService({
    MANAGEMENT_PORT: 0,
    QUEUE_MAX_ACTIVE: 2,
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 600, // nobody polls here
    QUEUE_IDLE_TIMEOUT_SECONDS: 0,
  });
  let url: string;
  let viewer: OperatorKey;
  beforeAll(async () => {
    url = app.managementUrl;
    viewer = await givenOperator(app.admin, 'viewer');
  });

  it('is refused without a key, and is not on the public port', async () => {
    expect((await request(url).get('/v1/admin/live/events')).status).toBe(401);
    const key = `Bearer ${viewer.key}`;
    expect((await request(app.url).get('/v1/admin/live/events').set('Authorization', key)).status).toBe(404);
  });

  it('tells each second how the queue, the processes and the stores are, in its documented shape', async () => {
    await Promise.all([app.buyer(), app.buyer()]);
    const waiting = await app.buyer();
    expect(waiting.token).not.toBe('');
    const live = await followLive(url, viewer.key);
    const report = await live.until(
      'all is known',
      ({ queues, fleet, stores, sales }) =>
        at(queues, 0).waiting === 1 &&
        at(queues, 0).active === 2 &&
        stores.redis.status === 'up' &&
        stores.database.status === 'up' &&
        fleet.processes.length === 1 &&
        stores.ageMs >= 0 &&
        sales.ageMs >= 0,
    );
    LiveReport.parse(report);
    const { queues, fleet, stores, sales } = report;
    const never = { ageMs: -1 };
    LiveReport.parse({
      ...report,
      queues: queues.map((queue) => ({ ...queue, ...never })),
      fleet: { ...fleet, ...never },
      stores: { ...stores, ...never },
      sales: { ...sales, ...never },
    });
    expect(at(report.queues, 0)).toMatchObject({
      queueId: app.queueId,
      waiting: 1,
      absent: 0,
      active: 2,
      activeLimit: 2,
      source: 'fixed',
      paused: false,
      state: expect.any(String) as string, // by what other tests sell
      override: { limit: null, rate: null },
    });
    expect(report.stores).toMatchObject({ database: { status: 'up' }, redis: { status: 'up' } });
    expect(report.fleet.breakers).toEqual([
      { name: 'queueService', closed: 1, halfOpen: 0, open: 0 },
      { name: 'concertService', closed: 1, halfOpen: 0, open: 0 },
    ]);
    live.close();

    // Who comes now sees a point of what was reported before; the first stream may have begun before the first second ended.
    const point = await until('there is a point', async () => {
      const later = await followLive(url, viewer.key);
      await later.until('a report, which comes after the history', () => true);
      later.close();
      return later.history?.at(-1);
    });
    expect(point.queues).toEqual({ [app.queueId]: { waiting: 1, active: 2, limit: 2 } });
  });

  it('is also given once, as JSON', async () => {
    await until('Redis is up', async () => {
      const answer = await request(url).get('/v1/admin/live').set('Authorization', `Bearer ${viewer.key}`);
      const report = LiveReport.parse((answer.body as { data: unknown }).data);
      expect(report.fleet.ageMs).toBeGreaterThanOrEqual(0);
      return report.stores.redis.status === 'up';
    });
  });

  it('shows what each process has reported, also one that answers no users', async () => {
    const own = { QUEUE_ID: app.queueId, QUEUE_MAX_ACTIVE: 2 };
    const worker = await startTestService({ ...own, ROLE: 'worker' });
    const live = await followLive(url, viewer.key);
    await live.until('a worker', ({ fleet }) => fleet.processes.some(({ role }) => role === 'worker'));
    await worker.stop();
    live.close();
  });

  it('ends within 30 s for a key that is worth nothing any more, and stays while keys cannot be looked up', async () => {
    const operators = app.service.container.resolve(OperatorService);
    const authorize = jest.spyOn(operators, 'authorize');
    const live = await followLive(url, viewer.key);
    /** What is sent in half a minute. */
    const halfAMinute = (): void => {
      const streams = app.service.container.resolve(LiveStreams) as unknown as { turn(): Promise<void> };
      for (let second = 0; second < 30; second++) void streams.turn();
    };
    const calls = authorize.mock.calls.length;
    authorize.mockRejectedValue(new Unavailable('MariaDB'));
    halfAMinute();
    await until('the key is looked up', () => authorize.mock.calls.length > calls);
    await live.until('a report all the same', () => true);
    authorize.mockRejectedValue(new Unauthorized('revoked'));
    halfAMinute();
    await live.ended;
    authorize.mockRestore();
  });

  it(`is given to ${MOST_STREAMS} at once; one more is refused with Retry-After`, async () => {
    const all = await Promise.all(Array.from({ length: MOST_STREAMS }, () => followLive(url, viewer.key)));
    const answer = await request(url)
      .get('/v1/admin/live/events')
      .set('Authorization', `Bearer ${viewer.key}`);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    for (const each of all) each.close();
    await until('there is room again', async () => {
      const next = await followLive(url, viewer.key).catch(() => undefined);
      next?.close();
      return next !== undefined;
    });
  });
});

describe('the live view without stores', () => {
  const app = useService();

  it('keeps what it knew last, with its age, lets operators stop admission without MariaDB, and goes on afterwards', async () => {
    const { proxy: redis, url: redisUrl } = await proxied(testConfig().REDIS_URL);
    const { proxy: database, url: databaseUrl } = await proxied(testConfig().DATABASE_URL);
    const service = await startTestService({
      MANAGEMENT_PORT: 0,
      QUEUE_MAX_ACTIVE: 7,
      REDIS_TIMEOUT_MS: 500,
      DATABASE_ACQUIRE_TIMEOUT_MS: 2000,
      DATABASE_TIMEOUT_MS: 2000,
      REDIS_URL: redisUrl,
      DATABASE_URL: databaseUrl,
    });
    const url = service.managementUrl;
    const { key } = await givenOperator(app.admin, 'operator');
    // The short times above may pass while the machine is busy: then that is tried again.
    const live = await until('the key is looked up', () => followLive(url, key).catch(() => undefined));
    await live.until(
      'it is fresh',
      ({ sales, stores }) => sales.ageMs >= 0 && stores.database.status === 'up',
    );

    await database.cut();
    await live.until('MariaDB is away', ({ stores }) => stores.database.status === 'down');
    await live.until('what was sold is old', ({ sales }) => sales.ageMs > 3000);
    const command = { command: 'pause', reason: 'MariaDB is away' };
    const paused = await until('admission is paused', async () => {
      const answer = await request(url)
        .post(`/queues/${service.queueId}/admission`)
        .set('Authorization', `Bearer ${key}`)
        .send(command);
      return answer.status === 200 && answer;
    });
    expect(paused.body).toMatchObject({ data: { paused: true } });
    await live.until('the pause is reported', ({ queues }) => at(queues, 0).paused);

    await redis.cut();
    const stale = await live.until(
      'the queue and the processes are old',
      ({ queues, fleet }) => at(queues, 0).ageMs > 3000 && fleet.ageMs > 1000,
    );
    expect(at(stale.queues, 0)).toMatchObject({ paused: true, activeLimit: 7 });
    await Promise.all([redis.open(), database.open()]);
    await live.until(
      'all is fresh again',
      ({ queues, stores, sales }) =>
        at(queues, 0).ageMs < 1500 && stores.database.status === 'up' && sales.ageMs < 3000,
    );
    live.close();
    await service.stop();
    await Promise.all([redis.cut(), database.cut()]);
  });
});
