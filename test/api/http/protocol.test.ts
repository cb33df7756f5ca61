import request from 'supertest';
import { METHODS, originForm } from '../../../src/http/middleware/protocol';
import { outcome, type Buyer } from '../../support/clients/buyer';
import { askRaw, type RawAnswer } from '../../support/clients/raw';
import { useService } from '../../support/suite';

const codeOf = ({ text }: { text: string }): string =>
  (JSON.parse(text) as { exception: { code: string } | null }).exception?.code ?? 'none';

describe('a request', () => {
  const app = useService({ MANAGEMENT_TOKEN: 'the-operators-token-of-at-least-32-bytes' });
  let buyer: Buyer;
  let scheduleId: number;
  beforeAll(async () => {
    buyer = await app.buyer(100);
    scheduleId = (await app.given.scheduleWithSeats(2)).id;
  });

  const ask = (head: string, body = ''): Promise<RawAnswer> =>
    askRaw(app.url, `${head}\r\nAuthorization: ${buyer.token}\r\n\r\n${body}`);

  const expectRefusal = (answer: RawAnswer, status: number, code: string): void => {
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(JSON.parse(answer.text)).toMatchObject({ resultType: 'FAIL', data: null });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      connection: 'close',
    });
  };

  it.each([
    ['GET', '/v1/api/user/amount', 200],
    ['GET', '/v1/api/concerts/seat?scheduleId=ID', 200],
    ['POST', '/v1/api/queue/token/check', 200],
    ['DELETE', '/v1/api/user/amount', 405],
    ['GET', '/health/live', 200],
    ['GET', '/openapi.json', 200],
    ['GET', '/v1/api/nothing', 404],
    ['GET', '/nothing', 404],
  ])('is answered with a whole URL as its target as with the path: %s %s', async (method, path, status) => {
    const target = path.replace('ID', String(scheduleId));
    const plain = await ask(`${method} ${target} HTTP/1.1\r\nHost: x`);
    expect(plain.status).toBe(status);
    for (const origin of ['http://x', 'HTTP://other:8080', 'https://[::1]:1', 'http://']) {
      const answer = await ask(`${method} ${origin}${target} HTTP/1.1\r\nHost: x`);
      expect([origin, answer.status, answer.headers['content-length']]).toEqual([
        origin,
        status,
        plain.headers['content-length'],
      ]);
    }
  });

  it.each([
    ['http://host', 'GET', '/'],
    ['http://host?a=/b', 'GET', '/?a=/b'],
    ['http://host', 'OPTIONS', '*'],
    ['http://host//a', 'GET', '//a'],
    ['/http://host/a', 'GET', '/http://host/a'],
    ['/a?b=http://host/c', 'GET', '/a?b=http://host/c'],
    ['ftp://host/a', 'GET', 'ftp://host/a'],
    ['*', 'OPTIONS', '*'],
  ])('has of the target %s with %s the path %s', (target, method, path) => {
    expect(originForm(target, method)).toBe(path);
  });

  it('about the server as a whole is answered with the allowed methods', async () => {
    for (const target of ['*', 'http://x']) {
      const answer = await ask(`OPTIONS ${target} HTTP/1.1\r\nHost: x`);
      expect([answer.status, answer.headers.allow, codeOf(answer)]).toEqual([200, METHODS, 'none']);
    }
    expectRefusal(await ask('GET * HTTP/1.1\r\nHost: x'), 400, '400');
  });

  it.each([
    ['without a Host', 'GET /v1/api/user/amount HTTP/1.1', 400, '400'],
    ['without a Host, of health', 'GET /health/live HTTP/1.1', 400, '400'],
    [
      'without a Host, and named as the header that ends the connection',
      'GET /health/live HTTP/1.1\r\nX-Request-Id: Connection',
      400,
      '400',
    ],
    ['with two tokens', 'GET /v1/api/user/amount HTTP/1.1\r\nHost: x\r\nAUTHORIZATION: x', 400, '400'],
    ['with two types', 'POST /v1/ HTTP/1.0\r\nContent-Type: a/b\r\ncontent-type: a/b', 400, '400'],
    ['with two Hosts', 'GET /v1/api/user/amount HTTP/1.1\r\nHost: a\r\nhOST: a', 400, '400'],
    ['with two Hosts in HTTP/1.0', 'GET /v1/api/user/amount HTTP/1.0\r\nHost: a\r\nHost: b', 400, '400'],
    ['with a Host that is none', 'GET /v1/api/user/amount HTTP/1.1\r\nHost: a/b', 400, '400'],
    ['with a Host of two names', 'GET /v1/api/user/amount HTTP/1.1\r\nHost: a, b', 400, '400'],
    ['with an unknown expectation', 'GET /v1/api/user/amount HTTP/1.1\r\nHost: x\r\nExpect: tea', 417, '417'],
    ['to another protocol', 'GET ftp://x/v1/api/user/amount HTTP/1.1\r\nHost: x', 400, '400'],
    ['for a tunnel', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example', 405, '405'],
    ['of HTTP/2', 'PRI * HTTP/2.0', 400, '400'],
    ['of HTTP/9', 'GET /health/live HTTP/9.9\r\nHost: x', 400, '400'],
    ['of an unknown method', 'BREW /health/live HTTP/1.1\r\nHost: x', 400, '400'],
    ['with a broken header', 'GET /health/live HTTP/1.1\r\nHost: x\r\nno header', 400, '400'],
    ['with too many headers', `GET /health/live HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}`, 431, '400'],
    [
      'with a coding of its body that is not understood',
      'POST /v1/api/user/amount HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip, chunked',
      415,
      '415',
    ],
    [
      'with a coding of its body and a path that reads none',
      'POST /v1/api/queue/token/check HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked',
      415,
      '415',
    ],
  ])('%s is refused in the envelope', async (_, head, status, code) => {
    expectRefusal(await ask(head, '0\r\n\r\n'), status, code);
  });

  it.each([
    'GET /v1/api/user/amount HTTP/1.0',
    'GET /v1/api/user/amount HTTP/1.1\r\nHost:',
    'GET /v1/api/user/amount HTTP/1.1\r\nHost: [2001:db8::1]:8080',
    'GET /v1/api/user/amount HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue',
    'GET /v1/api/user/amount HTTP/1.0\r\nExpect: tea',
  ])('is served although it is unusual: %j', async (head) => {
    expect((await ask(head)).status).toBe(200);
  });

  it('with chunks is read, however the coding is written', async () => {
    const answer = await ask(
      'POST /v1/api/user/amount HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: Chunked',
      'd\r\n{"amount": 10\r\n1\r\n}\r\n0\r\n\r\n',
    );
    expect(answer.text).toContain('{"amount":110}');
  });

  it.each([
    '/v1/api/user/amount/',
    '/v1/api/user/Amount',
    '/v1/api//user/amount',
    '//v1/api/user/amount',
    '/v1/api/user/%61mount',
    '/v1/api/user/amount;x=1',
    '/v1/api/user/./amount',
    '/v1/api/x/../user/amount',
    '/health/live/',
    '/HEALTH/live',
    '/health/%6cive',
    '/health/live;x=1',
    '/metrics/',
    '/openapi.json/',
    '/queues/',
    '/QUEUES',
  ])('has a path that counts to the letter: %s is 404', async (path) => {
    const answer = await ask(`GET ${path} HTTP/1.1\r\nHost: x`);
    expect([answer.status, codeOf(answer)]).toEqual([404, '404']);
  });

  it.each(['utm_source=a&fbclid=b', '_=1', '__proto__=1&constructor=2', 'a[b]=1&a[b]=2', '&&=&%'])(
    'may have more in its query than is asked for: %s',
    async (more) => {
      const answers = [
        await buyer.get(`/v1/api/concerts/schedule?${more}`),
        await buyer.get(`/v1/api/concerts/seat?${more}&scheduleId=${scheduleId}&${more}`),
        await buyer.get(`/v1/api/user/amount?${more}`),
        await buyer.get(`/v1/api/orders?${more}`),
        await buyer.get(`/v1/api/concerts/layout?${more}&scheduleId=${scheduleId}`),
        await buyer.post(`/v1/api/queue/token/check?${more}`),
        await buyer.post(`/v1/api/user/amount?${more}`).send({ amount: 1 }),
        await request(app.url).get(`/health/live?${more}`),
        await request(app.url).get(`/metrics?${more}`),
      ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    },
  );

  it('is refused when a known parameter comes twice in its query', async () => {
    const seat = await buyer.seats(`${scheduleId}&scheduleId=${scheduleId}`);
    const events = await request(app.url).get('/v1/api/queue/events?ticket=a&ticket=b');
    for (const answer of [seat, events]) expect(outcome(answer)).toBe('400 400');
    expect([seat.text, events.text]).toEqual([
      expect.stringContaining('scheduleId'),
      expect.stringContaining('ticket'),
    ]);
  });

  it.each([
    ['application/json', ''],
    ['application/json; charset=utf8', ''],
    ['application/json;charset="utf-8"', ''],
    ['APPLICATION/JSON ; CHARSET=UTF-8', ''],
    ['application/json; charset=utf-8; profile="a;charset=latin1"', ''],
    ['application/json; version=1', ''],
    ['application/json;', ''],
    ['application/vnd.shop.v1+json', ''],
    ['application/json', '\ufeff'],
    ['application/json; charset=utf8', '\ufeff'],
  ])('may have a body of %s with "%s" before it', async (type, before) => {
    const answer = await request(app.url)
      .post('/v1/api/queue/token')
      .set('Content-Type', type)
      .send(`${before}{"userId":${buyer.userId}}`);
    expect(outcome(answer)).toBe('200');
  });

  it.each([
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json; charset="utf-8 "',
    'application/json; charset=',
    'application/jsonp',
    'application/json, text/plain',
    'text/json',
    'application/+json',
    '+json',
  ])('may have no body of %s', async (type) => {
    const answer = await request(app.url)
      .post('/v1/api/queue/token')
      .set('Content-Type', type)
      .send(`{"userId":${buyer.userId}}`);
    expect(outcome(answer)).toBe('415 415');
  });

  it('may have no body with two marks before it, or bytes that are no UTF-8', async () => {
    for (const body of ['\ufeff\ufeff{"userId":1}', Buffer.from('{"userId":1,"queueId":"\xe9"}', 'latin1')]) {
      const length = Buffer.byteLength(body);
      const head = `POST /v1/api/queue/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
      const answer = await askRaw(app.url, Buffer.concat([Buffer.from(head), Buffer.from(body)]));
      expect([answer.status, codeOf(answer)]).toEqual([400, '400']);
    }
  });

  it('without a valid token is answered with 401 and WWW-Authenticate', async () => {
    const token = { Authorization: 'Basic YTpi' };
    const answers = [
      await request(app.url).get('/v1/api/user/amount'),
      await request(app.url).get('/v1/api/user/amount').set(token),
      await request(app.url).post('/v1/api/queue/token/check').set('Authorization', `${buyer.token}x`),
      await request(app.url).get('/v1/api/queue/events'),
      await request(app.url).get('/v1/api/queue/events?ticket=x'),
      await request(app.url).get('/queues'),
      await request(app.url).post('/queues/main/admission').set(token).send({ command: 'pause' }),
    ];
    for (const answer of answers)
      expect([outcome(answer), answer.headers['www-authenticate']]).toEqual([
        '401 401',
        'Bearer realm="concert-reservation"',
      ]);
    const good = await buyer.amount();
    expect(good.headers['www-authenticate']).toBeUndefined();
  });
});
