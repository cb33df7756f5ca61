import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { HttpMetrics } from '../../../src/http/metrics';
import { repeatsField } from '../../../src/http/middleware/repeated-fields';
import { outcome, type Buyer } from '../../support/clients/buyer';
import { askRaw } from '../../support/clients/raw';
import { useService } from '../../support/suite';
import { until } from '../../support/wait';

const NO_IDS = [
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  '1',
  'abc',
  null,
  true,
  [],
  {},
  '1; DROP TABLE member',
  "') return redis.call('FLUSHALL') --",
];

describe('bad input', () => {
  const app = useService();
  let buyer: Buyer;
  beforeAll(async () => {
    buyer = await app.buyer(1000);
  });

  const message = (answer: request.Response): string =>
    (answer.body as { exception: { message: string } }).exception.message;

  it.each(NO_IDS)('is refused as userId, scheduleId, seatId and reservationId, by name: %j', async (bad) => {
    const token = await request(app.url).post('/v1/api/queue/token').send({ userId: bad });
    expect([outcome(token), message(token)]).toEqual(['400 400', expect.stringContaining('userId')]);
    const reserve = await buyer.reserve(bad, bad);
    expect([outcome(reserve), message(reserve)]).toEqual([
      '400 400',
      expect.stringMatching(/scheduleId.*seatId/),
    ]);
    const pay = await buyer.pay(bad);
    expect([outcome(pay), message(pay)]).toEqual(['400 400', expect.stringContaining('reservationId')]);
  });

  it.each([0, -5, 0.5, 1_000_000_001, 2 ** 53, '10', null, [10]])('is refused as amount: %j', async (bad) => {
    const answer = await buyer.charge(bad);
    expect([outcome(answer), message(answer)]).toEqual(['400 400', expect.stringContaining('amount')]);
  });

  it.each([
    '0',
    '-1',
    '1.5',
    '9007199254740993',
    '99999999999999999999',
    'abc',
    '',
    '1e3',
    '0x1',
    '1%20OR%201=1',
    '1&scheduleId=2',
  ])('is refused as the query scheduleId=%s', async (bad) => {
    const answer = await buyer.seats(bad);
    expect(outcome(answer)).toBe('400 400');
  });

  it('is refused when fields are missing or unknown', async () => {
    const post = (body: object): request.Test => buyer.post('/v1/api/concerts/reserve').send(body);
    expect(message(await post({}))).toMatch(/scheduleId.*seatId/);
    expect(message(await post({ scheduleId: 1 }))).toContain('seatId');
    expect(message(await post({ scheduleId: 1, seatId: 1, amount: 0 }))).toContain('amount');
    expect(outcome(await buyer.get('/v1/api/concerts/seat'))).toBe('400 400');
  });

  it.each([
    '{"amount":1,"amount":2}',
    '{"amount":1,"amount":1}',
    '{"amount":1,"\\u0061mount":2}',
    '{"amount" : 1 ,\n"amount"\t:2}',
    '{"amount":1,"__proto__":{},"__proto__":{}}',
    '\ufeff{"amount":1,"amount":2}',
  ])('is refused when it names a field twice: %s', async (body) => {
    const answer = await buyer.post('/v1/api/user/amount').type('json').send(body);
    expect([outcome(answer), message(answer)]).toEqual(['400 400', 'body: it has two fields of one name']);
  });

  it('is no field that is named twice when only its text looks so', () => {
    const texts = [
      '{"a":"\\":","b":["\\\\",{"a":1},{"a":"{\\"b\\":1}"}]}',
      '"a:"',
      '[]',
      '{"":{"":{}}}',
      '1',
    ];
    for (const text of texts) expect([text, repeatsField(text, JSON.parse(text))]).toEqual([text, false]);
    expect(repeatsField('[{"a":{"b":1,"b":[]}}]', [{ a: { b: [] } }])).toBe(true);
  });

  it('is refused when it is not JSON, not an object, or has no body', async () => {
    const send = (type: string, body: string): request.Test =>
      request(app.url).post('/v1/api/queue/token').set('Content-Type', type).send(body);
    expect(outcome(await send('application/json', '{"userId": 1'))).toBe('400 400');
    expect(outcome(await send('application/json', '[1]'))).toBe('400 400');
    expect(outcome(await send('application/json', '"userId"'))).toBe('400 400');
    expect(outcome(await send('application/json', '{"__proto__": {"userId": 1}}'))).toBe('400 400');
    expect(outcome(await send('text/plain', 'userId=1'))).toBe('415 415');
    expect(outcome(await send('application/x-www-form-urlencoded', 'userId=1'))).toBe('415 415');
    expect(outcome(await send('application/json; charset=latin1', '{"userId":1}'))).toBe('415 415');
    expect(outcome(await request(app.url).post('/v1/api/queue/token'))).toBe('400 400');
  });

  it('is refused when it is compressed', async () => {
    const gzipped = await request(app.url)
      .post('/v1/api/queue/token')
      .set({ 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
      .send(gzipSync('{"userId":1}').toString('latin1'));
    expect(outcome(gzipped)).toBe('415 415');
  });

  it('may come in parts without a length, up to the same limit', async () => {
    const send = (parts: string[]): Promise<Response> =>
      fetch(`${app.url}/v1/api/queue/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: new ReadableStream({
          start(stream) {
            for (const part of parts) stream.enqueue(new TextEncoder().encode(part));
            stream.close();
          },
        }),
        duplex: 'half',
      });
    const userId = await app.given.user(0);
    expect((await send(['{"user', `Id":${userId}`, '}'])).status).toBe(200);
    expect((await send(Array<string>(20).fill('x'.repeat(1000)))).status).toBe(413);
  });

  it('leaves nothing behind when it breaks off', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.write(
      'POST /v1/api/queue/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"userId"',
    );
    const refused = async (): Promise<number> => {
      const text = await (await fetch(`${app.url}/metrics`)).text();
      const series =
        /duration_seconds_count\{method="POST",route="\/v1\/api\/queue\/token",status="400"\} (\d+)/;
      return Number(series.exec(text)?.[1] ?? 0);
    };
    const before = await refused();
    socket.end(); // what was written arrives; what is missing never does
    await until('the request has ended', async () => (await refused()) > before);
    const metrics = app.service.container.resolve(HttpMetrics);
    await until('nothing is in flight', () => metrics.requestsInFlight === 0);
  });

  it('is refused when it is too large', async () => {
    const big = await request(app.url)
      .post('/v1/api/queue/token')
      .send({ userId: 1, padding: 'x'.repeat(20_000) });
    expect(outcome(big)).toBe('413 413');
    const headers = await request(app.url).get('/v1/api/user/amount').set('X-Large', 'x'.repeat(20_000));
    expect([headers.status, (headers.body as { exception: { code: string } }).exception.code]).toEqual([
      431,
      '400',
    ]);
  });

  it('is not made of good input by leaving out headers behind the 2,000th, or parameters behind the 1,000th', async () => {
    const many = 'x:\r\n'.repeat(2500);
    const answer = await askRaw(
      app.url,
      `GET /v1/api/user/amount HTTP/1.1\r\nHost: x\r\n${many}Authorization: ${buyer.token}\r\n\r\n`,
    );
    expect(answer.status).toBe(200);
    const { id } = await app.given.scheduleWithSeats(1);
    expect(outcome(await buyer.seats(`${id}${'&a'.repeat(1001)}`))).toBe('200');
    expect(outcome(await buyer.get(`/v1/api/concerts/seat?${'a&'.repeat(1001)}scheduleId=${id}`))).toBe(
      '200',
    );
  });

  it('is refused as Idempotency-Key', async () => {
    for (const bad of ['', 'with space', 'x'.repeat(256)])
      expect([bad.length, outcome(await buyer.charge(1, bad))]).toEqual([bad.length, '400 400']);
  });

  it('gets 404 for unknown paths and 405 with Allow for other methods, in the envelope', async () => {
    expect(outcome(await request(app.url).get('/v1/api/nothing'))).toBe('404 404');
    const wrong = await request(app.url).delete('/v1/api/user/amount');
    expect([outcome(wrong), wrong.headers.allow]).toEqual(['405 405', 'POST, GET, HEAD']);
    expect(outcome(await request(app.url).get('/v1/api/%'))).toMatch(/^40[04]/);
  });

  it('leaves everything as it was', async () => {
    expect((await buyer.amount()).body).toMatchObject({ data: { amount: 1000 } });
    expect(
      await app.admin.query('SELECT COUNT(*) AS n FROM reservation WHERE user_id = ?', [buyer.userId]),
    ).toEqual([{ n: 0 }]);
    expect(
      await app.admin.query('SELECT COUNT(*) AS n FROM payment_history WHERE user_id = ?', [buyer.userId]),
    ).toEqual([{ n: 1 }]);
  });

  it('never shows a stack, a version or a framework', async () => {
    const answer = await request(app.url)
      .post('/v1/api/queue/token')
      .set('Content-Type', 'application/json')
      .send('{');
    expect(answer.text).not.toMatch(/at .*\.(js|ts)|node_modules/);
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });
});
