import { randomInt } from 'node:crypto';
import request from 'supertest';
import { outcome } from '../support/clients/buyer';
import { testConfig } from '../support/config';
import { Given, openAdminDatabase } from '../support/rows/given';
import { startTestService } from '../support/service';
import { proxied, type TcpProxy } from '../support/servers/tcp-proxy';
import { until } from '../support/wait';

const LIMIT = 3;
const RETRY_AFTER_SECONDS = 60;

describe('the limit of tokens of one address, while Redis is away', () => {
  const admin = openAdminDatabase();
  const services: Awaited<ReturnType<typeof startTestService>>[] = [];
  let proxy: TcpProxy;
  let userId: number;

  /** Another address each time. */
  const address = (): string => `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}`;
  const ask = (index: number, from: string): Promise<request.Response> =>
    Promise.resolve(
      request(services[index]?.url ?? '')
        .post('/v1/api/queue/token')
        .set('X-Forwarded-For', from)
        .send({ userId }),
    );
  const outcomes = async (index: number, from: string, count: number): Promise<string[]> => {
    const found: string[] = [];
    while (found.length < count) found.push(outcome(await ask(index, from)));
    return found;
  };

  beforeAll(async () => {
    const { proxy: opened, url } = await proxied(testConfig().REDIS_URL);
    proxy = opened;
    const shared = { REDIS_URL: url, QUEUE_ID: testConfig().QUEUE_ID, QUEUE_MAX_ACTIVE: 1000 };
    for (let i = 0; i < 2; i++)
      services.push(await startTestService({ ...shared, TOKEN_RATE_PER_MINUTE: LIMIT, TRUST_PROXY: 1 }));
    userId = await new Given(admin).user();
  });
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await proxy.cut();
    await admin.close();
  });

  it('is counted by each process for itself, and over all of them again when Redis is back', async () => {
    const [before, during] = [address(), address()];
    expect(await outcomes(0, before, 2)).toEqual(['200', '200']);
    expect(await outcomes(1, before, 2)).toEqual(['200', '429 429']);

    await proxy.cut();
    const away = ['503 503', '503 503', '503 503', '429 429'];
    expect(await outcomes(0, during, LIMIT + 1)).toEqual(away);
    expect(await outcomes(1, during, LIMIT + 1)).toEqual(away);
    const refused = await ask(0, during);
    const retryAfter = Number(refused.headers['retry-after']);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(RETRY_AFTER_SECONDS);
    expect(await outcomes(0, address(), 1)).toEqual(['503 503']); // nobody else is refused

    await proxy.open();
    for (const index of [0, 1])
      await until('tokens are issued again', async () => outcome(await ask(index, address())) === '200');
    const after = address();
    expect(await outcomes(0, after, 2)).toEqual(['200', '200']);
    expect(await outcomes(1, after, 2)).toEqual(['200', '429 429']);
  });
});
