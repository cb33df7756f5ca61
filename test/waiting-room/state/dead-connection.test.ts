import { Buyer, outcome } from '../../support/clients/buyer';
import { testConfig, uniqueQueueId } from '../../support/config';
import { Given, openAdminDatabase } from '../../support/rows/given';
import { startTestService } from '../../support/service';
import { proxied } from '../../support/servers/tcp-proxy';
import { until } from '../../support/wait';

describe('a connection to Redis that does not answer any more', () => {
  const admin = openAdminDatabase();
  afterAll(() => admin.close());

  it('is replaced by a new one, as after a failover without a notice', async () => {
    const { proxy, url } = await proxied(testConfig().REDIS_URL);
    const service = await startTestService({
      REDIS_URL: url,
      REDIS_TIMEOUT_MS: 1000,
      QUEUE_ID: uniqueQueueId(),
    });
    try {
      const userId = await new Given(admin).user();
      const buyer = new Buyer(service.url, userId);
      const issue = async (): Promise<string> =>
        outcome(await buyer.post('/v1/api/queue/token').send({ userId }));
      await until('tokens are issued', async () => (await issue()) === '200');
      proxy.loseAnswers();
      expect(await issue()).toBe('503 503');
      await until('tokens are issued again', async () => (await issue()) === '200');
    } finally {
      await service.stop();
      await proxy.cut();
    }
  });
});
