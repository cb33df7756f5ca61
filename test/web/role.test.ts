import { type AddressInfo, createServer, type Server } from 'node:net';
import request from 'supertest';
import type { QueueStatusReport } from '../../src/modules/waiting-room/status/schema';
import type { RunningService } from '../../src/service';
import { type Buyer, outcome } from '../support/clients/buyer';
import { testConfig } from '../support/config';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';
import { proxied, type TcpProxy } from '../support/servers/tcp-proxy';
import { until } from '../support/wait';

type Web = RunningService & { url: string; queueId: string };

/** Where nothing listens. */
const NOWHERE = '127.0.0.1:1';

describe('a process of role web', () => {
  const RULES = { QUEUE_MAX_ACTIVE: 1, QUEUE_PRESENCE_TIMEOUT_SECONDS: 2, QUEUE_IDLE_TIMEOUT_SECONDS: 0 };
  const app = useService(RULES);
  let database: Server;
  let databaseConnections = 0;
  let proxy: TcpProxy;
  let web: Web;

  beforeAll(async () => {
    database = createServer((socket) => {
      databaseConnections++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => database.listen(0, '127.0.0.1', resolve));
    const redis = await proxied(testConfig().REDIS_URL);
    ({ proxy } = redis);
    web = await startTestService({
      ROLE: 'web',
      QUEUE_ID: app.queueId,
      ...RULES,
      REDIS_URL: redis.url,
      DATABASE_URL: `mariadb://nobody:nothing@127.0.0.1:${(database.address() as AddressInfo).port}/concert`,
      DATABASE_ADMIN_URL: '',
    });
  });
  afterAll(async () => {
    await web.stop();
    await proxy.cut();
    database.close();
  });

  const status = async (): Promise<QueueStatusReport> => {
    const answer = await request(web.url).get(`/v1/api/queues/${app.queueId}/status`);
    expect(answer.status).toBe(200);
    return (answer.body as { data: QueueStatusReport }).data;
  };

  const isHere = async ({ token }: Buyer): Promise<void> => {
    const answer = await request(web.url).post('/v1/api/queue/presence').set('Authorization', token);
    expect(answer.status).toBe(204);
  };

  it('shows the queue of the API, keeps its users present, and never queries the database', async () => {
    await app.buyer();
    const [here, gone] = [await app.buyer(), await app.buyer()];
    await until('both wait', async () => {
      await Promise.all([here, gone].map(isHere));
      return (await status()).waiting === 2;
    });
    await until('one is absent', async () => {
      await isHere(here);
      return (await status()).waiting === 1;
    });
    expect((await here.check()).body).toMatchObject({ data: { status: 'WAITING', queuePosition: 1 } });
    expect(databaseConnections).toBe(0);
  });

  it('has the pages and no endpoint that sells', async () => {
    expect((await request(web.url).get('/')).status).toBe(200);
    const tokens = await request(web.url).post('/v1/api/queue/token').send({ userId: 1 });
    const schedules = await request(web.url).get('/v1/api/concerts/schedule');
    expect([outcome(tokens), outcome(schedules)]).toEqual(['404 404', '404 404']);
  });

  it('serves the last known status while Redis is down, and the new one when it is back', async () => {
    const somebody = await app.buyer();
    await until('somebody waits', async () => {
      await isHere(somebody);
      return (await status()).waiting > 0;
    });
    await proxy.cut();
    const known = await status();
    expect(known.issued).toBeGreaterThan(0);
    expect((await request(web.url).get('/')).status).toBe(200);
    await proxy.open();
    await until('a newer status', async () => (await status()).nowMs > known.nowMs);
    expect(databaseConnections).toBe(0);
  });

  it('starts and answers with no store at all', async () => {
    const alone = await startTestService({
      ROLE: 'web',
      REDIS_URL: `redis://${NOWHERE}`,
      DATABASE_URL: `mariadb://nobody:nothing@${NOWHERE}/concert`,
      DATABASE_ADMIN_URL: '',
    });
    const page = await request(alone.url).get('/');
    const answer = await request(alone.url).get(`/v1/api/queues/${alone.queueId}/status`);
    const health = await request(alone.url).get('/health/ready');
    await alone.stop();
    expect([page.status, answer.status, health.status]).toEqual([200, 200, 200]);
    expect(answer.body).toMatchObject({ data: { nowMs: 0, waiting: 0 } });
    expect(health.body).toMatchObject({
      dependencies: { redis: { status: 'down' }, database: { status: 'off' } },
    });
  });
});
