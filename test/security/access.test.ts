import request from 'supertest';
import { Redis } from '../../src/platform/redis/redis';
import { at } from '../support/at';
import { type Buyer, outcome } from '../support/clients/buyer';
import { ServiceProcess } from '../support/servers/process';
import { useService } from '../support/suite';
import { Given, openAdminDatabase } from '../support/rows/given';

const HOSTILE = [
  "'; DROP TABLE member; --",
  '1 OR 1=1',
  '" OR ""="',
  "') return redis.call('FLUSHALL') --",
  '{"$gt": ""}',
  '${jndi:ldap://127.0.0.1/x}',
  '../../../../etc/passwd',
  '%00%0d%0aSet-Cookie: x=1',
  '<script>alert(1)</script>',
  '\u202e\u0000\u001b[2J',
];

describe('the resources of other users', () => {
  const app = useService();

  it('is neither paid nor seen: the user is the token’s, whatever the request says', async () => {
    const { id, seats } = await app.given.scheduleWithSeats(1, { amount: 10 });
    const [owner, stranger] = [await app.buyer(500), await app.buyer(7)];
    const reservationId = await owner.hold(id, at(seats, 0).id);
    expect(outcome(await stranger.pay(reservationId))).toBe('403 403');
    const asOwner = `?userId=${owner.userId}`;
    expect((await stranger.get(`/v1/api/user/amount${asOwner}`)).body).toMatchObject({ data: { amount: 7 } });
    expect((await stranger.amount().set('X-User-Id', String(owner.userId))).body).toMatchObject({
      data: { amount: 7 },
    });
    expect(await app.admin.query('SELECT status FROM reservation WHERE id = ?', [reservationId])).toEqual([
      { status: 'TEMP_RESERVED' },
    ]);
  });

  it('is not answered by the owner’s Idempotency-Key', async () => {
    const key = `shared-${Date.now()}`;
    const [owner, stranger] = [await app.buyer(1000), await app.buyer(0)];
    expect((await owner.charge(5, key)).body).toMatchObject({ data: { amount: 1005 } });
    const answer = await stranger.charge(5, key);
    expect(answer.headers['idempotency-replayed']).toBeUndefined();
    expect(answer.body).toMatchObject({ data: { amount: 5 } });
  });
});

describe('fields that no schema names', () => {
  const app = useService();
  let buyer: Buyer;
  beforeAll(async () => {
    buyer = await app.buyer(100);
  });

  it.each([
    ['/v1/api/queue/token', { userId: 1 }, { seq: 1, gen: 1, status: 'PROGRESS' }],
    ['/v1/api/user/amount', { amount: 1 }, { userId: 1, balance: 1e9 }],
    [
      '/v1/api/concerts/reserve',
      { scheduleId: 1, seatId: 1 },
      { amount: 0, userId: 1, heldUntil: '2099-01-01' },
    ],
    ['/v1/api/concerts/payment', { reservationId: 1 }, { paymentAmount: 0, userId: 1 }],
    ['/v1/api/orders', { scheduleId: 1, seatIds: [1] }, { userId: 1, status: 'PAID', total: 0 }],
  ])('are refused by name at %s', async (path, body, more) => {
    for (const [name, value] of [...Object.entries(more), ['constructor', {}], ['isAdmin', true]] as const) {
      const answer = await buyer.post(path).send({ ...body, [name]: value });
      expect([name, outcome(answer)]).toEqual([name, '400 400']);
      expect(answer.text).toContain(name);
    }
  });
});

describe('hostile text', () => {
  const app = useService();

  it('is refused or taken as text wherever text may stand', async () => {
    const buyer = await app.buyer(10);
    const rows = async (): Promise<unknown> =>
      app.admin.query(
        'SELECT (SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()) AS t',
      );
    const tables = await rows();
    for (const text of HOSTILE) {
      const header = encodeURI(text);
      const answers = [
        await request(app.url).post('/v1/api/queue/token').send({ userId: buyer.userId, queueId: text }),
        await request(app.url).post('/v1/api/queue/token').send({ userId: text }),
        await request(app.url).post('/v1/api/queue/token/check').set('Authorization', header),
        await request(app.url).get(`/v1/api/queue/events?ticket=${encodeURIComponent(text)}`),
        await buyer.seats(encodeURIComponent(text)),
        await buyer.charge(text),
        await buyer.charge(1, header),
        await buyer.amount().set('X-Request-Id', header),
        await buyer.amount().set('Last-Event-ID', header),
        await request(app.url).get(`/v1/api/${encodeURIComponent(text)}`),
      ];
      for (const answer of answers) {
        expect([text, answer.status < 500]).toEqual([text, true]);
        expect(answer.headers['content-type']).toMatch(/^application\/json/);
        expect(answer.headers['set-cookie']).toBeUndefined();
      }
    }
    expect(await rows()).toEqual(tables);
    expect(outcome(await buyer.check())).toBe('200'); // the line is still there
    expect(await app.service.container.resolve(Redis).exists(`queue:{${app.queueId}}:state`)).toBe(1);
  });
});

describe('a page of another origin', () => {
  const app = useService();

  it('may neither send a token nor read an answer', async () => {
    const buyer = await app.buyer(10);
    const origin = 'https://elsewhere.example';
    const asked = await request(app.url)
      .options('/v1/api/user/amount')
      .set({ Origin: origin, 'Access-Control-Request-Method': 'POST' })
      .set('Access-Control-Request-Headers', 'authorization');
    const read = await buyer.amount().set('Origin', origin);
    const form = await buyer.post('/v1/api/user/amount').type('form').send({ amount: 1 });
    for (const { headers } of [asked, read, form])
      expect(Object.keys(headers).filter((name) => /^access-control|^set-cookie/.test(name))).toEqual([]);
    expect([asked.status, outcome(form)]).toEqual([405, '415 415']);
  });
});

describe('the log', () => {
  const admin = openAdminDatabase();
  afterAll(() => admin.close());

  it('is one JSON object per line, without control characters, whatever clients send', async () => {
    const service = await new ServiceProcess({ LOG_LEVEL: 'trace' }).start();
    const userId = await new Given(admin).user();
    for (const text of ['{"level":"error","msg":"forged"}', '\u001b[31mforged', ...HOSTILE]) {
      const header = encodeURI(text);
      await request(service.url).get(`/v1/api/${encodeURIComponent(text)}?q=${encodeURIComponent(text)}`);
      await request(service.url).post('/v1/api/queue/token').send({ userId, queueId: text });
      await request(service.url)
        .post('/v1/api/queue/token/check')
        .set({ Authorization: header, 'User-Agent': header, 'X-Request-Id': header });
    }
    await service.stop();
    const text = service.lines.join('\n');
    for (const line of service.lines)
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) as string });
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).not.toMatch(/forged|DROP TABLE|etc\/passwd|jndi/);
  });
});
