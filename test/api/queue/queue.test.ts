import { at } from '../../support/at';
import request from 'supertest';
import { createSigner } from 'fast-jwt';
import { Buyer, outcome } from '../../support/clients/buyer';
import { mainRoom } from '../../support/clients/crowd';
import { useService } from '../../support/suite';

describe('the waiting room', () => {
  const app = useService({ QUEUE_MAX_ACTIVE: 2 });

  it('admits as many users as the limit, gives the next ones positions, and admits another when a session ends by payment', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 1 });
    const [a, , c, d] = [await app.buyer(1), await app.buyer(), await app.buyer(), await app.buyer()];
    expect((await c.check()).body).toMatchObject({ data: { status: 'WAITING', queuePosition: 1 } });
    const waiting = (await d.check()).body as { data: { etaSeconds: number; pollAfterMs: number } };
    expect(waiting).toMatchObject({ data: { status: 'WAITING', queuePosition: 2 } });
    expect(waiting.data.etaSeconds).toBeGreaterThan(0);
    expect(waiting.data.pollAfterMs).toBeGreaterThanOrEqual(1000);
    expect(outcome(await c.schedules())).toBe('403 003');

    await a.pay(await a.hold(id, at(seats, 0).id));
    expect((await a.check()).body).toMatchObject({ data: { status: 'DONE' } });
    expect(outcome(await a.schedules())).toBe('403 003');
    expect((await c.check()).body).toMatchObject({ data: { status: 'PROGRESS' } });
    expect((await d.check()).body).toMatchObject({ data: { status: 'WAITING', queuePosition: 1 } });
  });

  it('gives the same user the same token while its entry is live', async () => {
    const buyer = await app.buyer();
    const before = buyer.token;
    expect((await buyer.enter()).token).toBe(before);
  });

  it('gives a token also before the process has its first snapshot', async () => {
    const none = jest.spyOn(mainRoom(app.service).snapshot, 'gen', 'get').mockReturnValue(0);
    const buyer = await app.buyer().finally(() => none.mockRestore());
    expect((await buyer.check()).status).toBe(200);
  });

  it('gives no token to a user that does not exist', async () => {
    const answer = await request(app.url).post('/v1/api/queue/token').send({ userId: 999_999_999_999 });
    expect(outcome(answer)).toBe('404 404');
  });

  it('refuses missing, malformed and forged tokens with 401', async () => {
    const buyer = await app.buyer();
    const [header, payload, signature] = buyer.token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged: Record<string, string> = {
      missing: '',
      garbage: 'garbage',
      truncated: buyer.token.slice(0, -5),
      'without signature': `${header}.${payload}.`,
      'alg none': `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`,
      'alg none, signature kept': `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`,
      'another user': `${header}.${encode({ ...claims, userId: 1 })}.${signature}`,
      'foreign secret': createSigner({ key: 'x'.repeat(48), algorithm: 'HS256' })(claims),
      'other algorithm': createSigner({ key: process.env.TOKEN_SECRET ?? '', algorithm: 'HS512' })(claims),
      'no claims': createSigner({ key: process.env.TOKEN_SECRET ?? '', algorithm: 'HS256' })({ userId: 1 }),
      oversized: `${buyer.token}${'x'.repeat(4000)}`,
      lua: "') redis.call('FLUSHALL') --",
      sql: "' OR 1=1 --",
    };
    const outcomes: Record<string, string> = {};
    for (const [name, token] of Object.entries(forged)) {
      const it = new Buyer(app.url, 1);
      it.token = token;
      outcomes[name] = `${outcome(await it.check())}, ${outcome(await it.amount())}`;
    }
    expect(outcomes).toEqual(
      Object.fromEntries(Object.keys(forged).map((name) => [name, '401 401, 401 401'])),
    );
  });

  it('says 001 to a genuine token that never came through this queue', async () => {
    const sign = createSigner({ key: process.env.TOKEN_SECRET ?? '', algorithm: 'HS256' });
    const claims = {
      userId: 1,
      jti: 'x',
      seq: 1,
      gen: 1,
      iatMs: Date.now(),
      exp: Math.ceil(Date.now() / 1000) + 100,
    };
    const it = new Buyer(app.url, 1);
    for (const strange of [
      { ...claims, queueId: 'another-queue' },
      { ...claims, queueId: app.queueId, gen: 99 },
    ]) {
      it.token = sign(strange);
      expect([outcome(await it.check()), outcome(await it.amount())]).toEqual(['403 001', '403 001']);
    }
  });
});

describe('a limit of tokens per address', () => {
  const app = useService({ TOKEN_RATE_PER_MINUTE: 3, TRUST_PROXY: 1 });

  it('answers 429 with Retry-After beyond it, to that address only', async () => {
    const userId = await app.given.user();
    const from = (address: string): request.Test =>
      request(app.url).post('/v1/api/queue/token').set('X-Forwarded-For', address).send({ userId });
    const mine = `10.1.${Date.now() % 250}.${process.pid % 250}`;
    for (let i = 0; i < 3; i++) expect((await from(mine)).status).toBe(200);
    const refused = await from(mine);
    expect(outcome(refused)).toBe('429 429');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await from('10.2.0.1')).status).toBe(200);
  });
});
