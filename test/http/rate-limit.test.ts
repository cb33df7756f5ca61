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

  /**
   * Asks from another address until the limit is counted so: on a busy machine a request may be too late for Redis, and
   * time gives permits back. @returns that address
   */
  const untilCounted = (what: string, byProcess: [string[], string[]]): Promise<string> =>
    until(what, async () => {
      const from = address();
      const [first, second] = byProcess;
      const found = [await outcomes(0, from, first.length), await outcomes(1, from, second.length)];
      return found.join() === byProcess.join() && from;
    });

  it('is counted by each process for itself, and over all of them again when Redis is back', async () => {
    const overAll: [string[], string[]] = [
      ['200', '200'],
      ['200', '429 429'],
    ];
    await untilCounted('counted over all', overAll);

    await proxy.cut();
    const away = ['503 503', '503 503', '503 503', '429 429'];
    const during = await untilCounted('counted by each', [away, away]);
    const refused = await ask(0, during);
    const retryAfter = Number(refused.headers['retry-after']);
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(RETRY_AFTER_SECONDS);
    expect(await outcomes(0, address(), 1)).toEqual(['503 503']); // nobody else is refused

    await proxy.open();
    await untilCounted('counted over all again', overAll);
  });
});
