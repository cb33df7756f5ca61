import request from 'supertest';
import { QueueStatusReport } from '../../../src/modules/waiting-room/status/schema';
import { queueKeys } from '../../../src/modules/waiting-room/state/keys';
import { connectRedis } from '../../../src/platform/redis/redis';
import { positionOf } from '../../../web/buyer/waiting/position';
import { type Buyer, outcome } from '../../support/clients/buyer';
import { testConfig } from '../../support/config';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

const TOKEN = 'a-token-of-the-operators-0123456789abcdef';

describe('the status of a queue', () => {
  const app = useService({
    QUEUE_MAX_ACTIVE: 1,
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 600,
    QUEUE_STATUS_MAX_INTERVAL_SECONDS: 3,
    QUEUE_IDLE_TIMEOUT_SECONDS: 0,
    MANAGEMENT_TOKEN: TOKEN,
  });
  const redis = connectRedis(testConfig().REDIS_URL, 60_000);
  beforeAll(() => redis.connect());
  afterAll(() => redis.disconnect());
  beforeAll(() => app.given.scheduleWithSeats(1)); // the main queue sells what other tests have made as well
  const path = (): string => `/v1/api/queues/${app.queueId}/status`;
  const read = async (): Promise<QueueStatusReport> =>
    ((await request(app.url).get(path())).body as { data: QueueStatusReport }).data;
  const setNotice = (body: object | null, token = TOKEN): request.Test =>
    request(app.url)
      .post(`/queues/${app.queueId}/notice`)
      .set({ Authorization: token, 'Content-Type': 'application/json' })
      .send(JSON.stringify(body));

  it('is public, cacheable, and follows its schema', async () => {
    const answer = await request(app.url).get(path());
    expect(answer.status).toBe(200);
    expect(answer.headers['cache-control']).toBe(
      'public, max-age=1, stale-while-revalidate=5, stale-if-error=60',
    );
    expect(answer.headers.vary).toBe('Accept-Encoding');
    expect(QueueStatusReport.strict().parse((answer.body as { data: unknown }).data)).toBeDefined();
  });

  it('comes in the coding that the client names, with the same content', async () => {
    for (const coding of ['br', 'gzip']) {
      const answer = await request(app.url).get(path()).set('Accept-Encoding', `${coding}, identity;q=0`);
      expect(answer.headers['content-encoding']).toBe(coding);
      expect(answer.body).toMatchObject({ data: { queueId: app.queueId } });
    }
  });

  it('gives each waiting user the position that a poll gives', async () => {
    const buyers = [await app.buyer(), await app.buyer(), await app.buyer(), await app.buyer()];
    await until('three wait', async () => (await read()).waiting >= 3);
    const status = await read();
    for (const buyer of buyers) {
      const { seq } = JSON.parse(Buffer.from(buyer.token.split('.')[1] ?? '', 'base64url').toString()) as {
        seq: number;
      };
      const polled = (await buyer.check()).body as { data: { queuePosition: number } };
      expect(positionOf(seq, status) ?? 0).toBe(polled.data.queuePosition);
    }
  });

  it('says when to come again, for positions from the first to the last', async () => {
    await app.buyer();
    await until('somebody waits', async () => (await read()).waiting > 0);
    const { pace, waiting } = await read();
    expect(pace[0]?.position).toBe(1);
    expect(pace.at(-1)?.position).toBeGreaterThanOrEqual(waiting);
    for (const { statusAfterMs, presenceAfterMs } of pace) {
      expect(statusAfterMs).toBeGreaterThanOrEqual(1000);
      expect(statusAfterMs).toBeLessThanOrEqual(3000);
      expect(presenceAfterMs).toBeGreaterThan(100_000); // nobody is present by reading
    }
  });

  it('is PAUSED while the operator has paused admission', async () => {
    const command = (name: string): request.Test =>
      request(app.url)
        .post(`/queues/${app.queueId}/admission`)
        .set('Authorization', TOKEN)
        .send({ command: name });
    await command('pause');
    await until('paused', async () => (await read()).state === 'PAUSED');
    await command('resume');
    await until('open', async () => (await read()).state === 'OPEN');
  });

  it('carries the operator’s message until it is withdrawn', async () => {
    const notice = { ko: '곧 다시 시작합니다', en: 'We go on soon' };
    expect((await setNotice(notice)).status).toBe(200);
    await until('the notice is there', async () => (await read()).notice?.en === notice.en);
    expect((await setNotice(null)).status).toBe(200);
    await until('the notice is gone', async () => (await read()).notice === null);
  });

  it('carries it also after Redis has lost it with the rest of the queue', async () => {
    const { state, board } = queueKeys(app.queueId);
    expect((await setNotice({ ko: '곧', en: 'Soon' })).status).toBe(200);
    await until('the notice is there', async () => (await read()).notice?.en === 'Soon');
    await redis.unlink(state, board);
    await until('it is there again', async () => (await redis.hexists(board, 'notice')) === 1);
    expect((await read()).notice?.en).toBe('Soon');
    expect((await setNotice(null)).status).toBe(200);
    await until('it is gone', async () => (await read()).notice === null);
  });

  it('takes a notice from operators only, and only with both languages', async () => {
    expect(outcome(await setNotice({ ko: 'a', en: 'b' }, 'somebody-else'))).toBe('401 401');
    for (const bad of [{ ko: 'a' }, { ko: 'a', en: 'b', fr: 'c' }, { ko: 'a', en: 'b'.repeat(501) }])
      expect(outcome(await setNotice(bad))).toBe('400 400');
  });

  it('is 404 for a queue that does not exist', async () => {
    expect(outcome(await request(app.url).get('/v1/api/queues/none/status'))).toBe('404 404');
    expect(outcome(await request(app.url).post(path()))).toBe('405 405');
  });
});

describe('presence', () => {
  const app = useService({
    QUEUE_MAX_ACTIVE: 1,
    QUEUE_PRESENCE_TIMEOUT_SECONDS: 2,
    QUEUE_IDLE_TIMEOUT_SECONDS: 0,
  });
  const waiting = async (): Promise<number> => {
    const answer = await request(app.url).get(`/v1/api/queues/${app.queueId}/status`);
    return (answer.body as { data: QueueStatusReport }).data.waiting;
  };

  it('keeps the entries of users who report it, and the others are passed over', async () => {
    await app.buyer();
    const [here, gone] = [await app.buyer(), await app.buyer()];
    const isHere = async (buyer: Buyer): Promise<void> =>
      expect((await buyer.post('/v1/api/queue/presence')).status).toBe(204);
    await until('two wait', async () => {
      await Promise.all([here, gone].map(isHere));
      return (await waiting()) === 2;
    });
    await until('one is absent', async () => {
      await isHere(here);
      return (await waiting()) === 1;
    });
    expect((await here.check()).body).toMatchObject({ data: { status: 'WAITING', queuePosition: 1 } });
  });

  it('is only accepted with a genuine token', async () => {
    const answer = await request(app.url).post('/v1/api/queue/presence').set('Authorization', 'garbage');
    expect(outcome(answer)).toBe('401 401');
  });
});
