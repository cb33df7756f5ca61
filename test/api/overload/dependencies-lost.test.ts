import { Breakers } from '../../../src/modules/operations/breakers';
import { Buyer, outcome } from '../../support/clients/buyer';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { at } from '../../support/at';
import { testConfig } from '../../support/config';
import { startTestService } from '../../support/service';
import { proxied, type TcpProxy } from '../../support/servers/tcp-proxy';
import { until } from '../../support/wait';

describe('a dependency that is lost', () => {
  const admin = openAdminDatabase();
  const given = new Given(admin);
  let database: { proxy: TcpProxy; url: string };
  let redis: { proxy: TcpProxy; url: string };
  let service: Awaited<ReturnType<typeof startTestService>>;

  beforeEach(async () => {
    database = await proxied(testConfig().DATABASE_URL);
    redis = await proxied(testConfig().REDIS_URL);
    service = await startTestService({
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      LIST_CACHE_TTL_MS: 0,
      QUEUE_MAX_ACTIVE: 1000,
    });
  });
  afterEach(async () => {
    await service.stop();
    await database.proxy.cut();
    await redis.proxy.cut();
  });
  afterAll(() => admin.close());

  it('database: lists are served from the last good cache, other requests get 503 with Retry-After, and it recovers', async () => {
    const [seen, unseen] = [await given.scheduleWithSeats(2), await given.scheduleWithSeats(1)];
    const buyer = await new Buyer(service.url, await given.user(10)).enter();
    const fresh = await buyer.seats(seen.id);
    expect(fresh.headers['x-fallback']).toBeUndefined();

    await database.proxy.cut();
    const stale = await buyer.seats(seen.id);
    expect([stale.status, stale.headers['x-fallback'], stale.body]).toEqual([200, 'stale', fresh.body]);
    const empty = await buyer.seats(unseen.id);
    expect([empty.status, empty.headers['x-fallback'], empty.body]).toMatchObject([
      200,
      'empty',
      { data: [] },
    ]);
    const hold = await buyer.reserve(seen.id, at(seen.seats, 0).id);
    expect(outcome(hold)).toBe('503 503');
    expect(Number(hold.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    // A probe of Redis is down as well when the machine stands still for a second.
    await until('readiness tells which one is lost', async () => {
      const ready = await fetch(`${service.url}/health/ready`);
      expect(ready.status).toBe(200);
      const { dependencies } = (await ready.json()) as {
        dependencies: Record<'database' | 'redis', { status: string }>;
      };
      return dependencies.database.status === 'down' && dependencies.redis.status === 'up';
    });

    await database.proxy.open();
    await until(
      'works again',
      async () => (await buyer.reserve(seen.id, at(seen.seats, 0).id)).status === 200,
    );
  });

  it('database: the breaker opens and then answers without asking, and closes when the database is back', async () => {
    const buyer = await new Buyer(service.url, await given.user(10)).enter();
    const breaker = service.container.resolve(Breakers).concert;
    await database.proxy.cut();
    await Promise.all(Array.from({ length: 60 }, () => buyer.amount()));
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toContain('concert_breaker_state{breaker="concertService",state="open"} 1');
    const refused = await buyer.amount();
    expect(outcome(refused)).toBe('503 503');
    expect(refused.headers['retry-after']).toBe('5'); // not what is left of the breaker's 30 s: a probe may close it
    const close = jest.spyOn(breaker, 'close');
    await database.proxy.open();
    await until('works again', async () => (await buyer.amount()).status === 200);
    expect(close).toHaveBeenCalled(); // no trial was waited for
  });

  it('garbage tokens and business errors open no breaker', async () => {
    const buyer = await new Buyer(service.url, await given.user()).enter();
    const liar = new Buyer(service.url, 1);
    liar.token = 'garbage';
    await Promise.all(Array.from({ length: 150 }, () => liar.check()));
    await Promise.all(Array.from({ length: 150 }, () => buyer.pay(999_999_999)));
    expect([outcome(await buyer.check()), outcome(await buyer.amount())]).toEqual(['200', '200']);
  });

  it('redis: requests that need it get 503 with Retry-After, and it recovers with every entry kept', async () => {
    const buyer = await new Buyer(service.url, await given.user(10)).enter();
    await redis.proxy.cut();
    const refused = await new Buyer(service.url, await given.user())
      .post('/v1/api/queue/token')
      .send({ userId: buyer.userId });
    expect(outcome(refused)).toBe('503 503');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    await redis.proxy.open();
    await until('works again', async () => (await buyer.check()).status === 200);
    expect((await buyer.check()).body).toMatchObject({ data: { status: 'PROGRESS' } });
  });
});
