import { Buyer, outcome } from '../../support/clients/buyer';
import { testConfig } from '../../support/config';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { startTestService } from '../../support/service';
import { proxied } from '../../support/servers/tcp-proxy';
import { until, wait } from '../../support/wait';

/** Above the number of concurrent requests that is never refused. */
const BUYERS = 80;
/** As many at once as are never refused. */
const FEW = 20;

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
    const report = (await (await fetch(`${service.url}/health/ready`)).json()) as {
      dependencies: Record<string, { status: string }>;
    };
    const { database: one, redis: other } = report.dependencies;
    return data.status === 'PROGRESS' && one?.status === 'up' && other?.status === 'up';
  }

  const stalls: Record<string, (ms: number) => Promise<void>> = {
    database: async (ms) => {
      database.proxy.change({ silent: true });
      await wait(ms);
      database.proxy.change({});
    },
    redis: async (ms) => {
      redis.proxy.change({ silent: true });
      await wait(ms);
      redis.proxy.change({});
    },
    process: (ms) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      return Promise.resolve();
    },
  };

  it.each([
    ['database', 2600],
    ['redis', 600],
    ['process', 600],
  ])('serves as before after a stall: %s, %d ms', async (part, ms) => {
    await until('all is normal before', isNormal);
    let goesOn = true;
    const crowd = buyers.map(async (buyer) => {
      for (let i = 0; goesOn; i++) await buyer.charge(1 + i);
    });
    await stalls[part]?.(ms);
    goesOn = false;
    await Promise.all(crowd);
    await until('all is normal again', isNormal);
  });
});
