import request from 'supertest';
import { Breakers } from '../../../src/modules/operations/breakers';
import { Buyer, outcome } from '../../support/clients/buyer';
import { testConfig } from '../../support/config';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { startTestService } from '../../support/service';
import { proxied } from '../../support/servers/tcp-proxy';
import { until } from '../../support/wait';

/** Above the number of concurrent requests that is never refused. */
const BUYERS = 80;
/** As many at once as are never refused. */
const FEW = 20;

/** The product's own, which the stalls of this file exceed. The run of tests sets longer ones. */
const LIMITS = { DATABASE_ACQUIRE_TIMEOUT_MS: 1000, DATABASE_TIMEOUT_MS: 3000, REDIS_TIMEOUT_MS: 1000 };

describe('a service of which one part stands still for a while', () => {
  const admin = openAdminDatabase();
  const buyers: Buyer[] = [];
  let database: Awaited<ReturnType<typeof proxied>>;
  let redis: Awaited<ReturnType<typeof proxied>>;
  let service: Awaited<ReturnType<typeof startTestService>>;

  beforeAll(async () => {
    database = await proxied(testConfig().DATABASE_URL);
    redis = await proxied(testConfig().REDIS_URL);
    service = await startTestService({
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      ...LIMITS,
      QUEUE_MAX_ACTIVE: 'auto',
      QUEUE_AUTO_MIN_ACTIVE: 200,
    });
    while (buyers.length < BUYERS) {
      const userIds = await new Given(admin).users(FEW);
      buyers.push(...(await Promise.all(userIds.map((userId) => new Buyer(service.url, userId).enter()))));
    }
  });
  afterAll(async () => {
    await service.stop();
    await database.proxy.cut();
    await redis.proxy.cut();
    await admin.close();
  });

  /** Everybody charges once, somebody new comes in, and the stores are reported up. */
  async function isNormal(): Promise<boolean> {
    const charges = await Promise.all(buyers.map(async (buyer) => outcome(await buyer.charge(1))));
    if (charges.some((charge) => charge !== '200')) return false;
    const [newcomer] = await new Given(admin).users(1);
    const token = await new Buyer(service.url, newcomer ?? 0).enter().catch(() => undefined);
    if (token === undefined) return false;
    const { data } = (await token.check()).body as { data: { status: string } };
    const { database: one, redis: other } = await dependencies();
    return data.status === 'PROGRESS' && one?.status === 'up' && other?.status === 'up';
  }

  async function dependencies(): Promise<Record<string, { status: string }>> {
    const report = (await (await fetch(`${service.url}/health/ready`)).json()) as {
      dependencies: Record<string, { status: string }>;
    };
    return report.dependencies;
  }

  const breakers = (): Breakers => service.container.resolve(Breakers);
  const isTokenRefused = async (): Promise<boolean> =>
    outcome(await request(service.url).post('/v1/api/queue/token').send({ userId: 1 })).startsWith('503');

  /** Each lasts until time limits have been met. */
  const stalls: Record<string, () => Promise<unknown>> = {
    database: async () => {
      database.proxy.change({ silent: true });
      await until('the breaker is open', () => breakers().concert.state === 'open');
      database.proxy.change({});
    },
    redis: async () => {
      redis.proxy.change({ silent: true });
      await until('readiness says so', async () => (await dependencies())['redis']?.status === 'down');
      await until('nobody gets a token', isTokenRefused);
      redis.proxy.change({});
    },
    process: () => {
      const ms = LIMITS.DATABASE_TIMEOUT_MS + 500; // every time limit is due before any answer is read
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      return Promise.resolve();
    },
  };

  it.each(Object.keys(stalls))(
    'serves as before after its %s stood still for longer than its limits',
    async (part) => {
      await until('all is normal before', isNormal);
      let goesOn = true;
      const crowd = buyers.map(async (buyer) => {
        for (let i = 0; goesOn; i++) await buyer.charge(1 + i);
      });
      await stalls[part]?.();
      goesOn = false;
      await Promise.all(crowd);
      await until('all is normal again', isNormal);
    },
  );
});
