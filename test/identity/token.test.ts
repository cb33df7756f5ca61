import request, { type Response } from 'supertest';
import { mainRoom } from '../support/clients/crowd';
import { outcome, tally } from '../support/clients/buyer';
import {
  assertion,
  AUDIENCE,
  ISSUER,
  jwkOf,
  KeyServer,
  pemOf,
  shopKey,
} from '../support/servers/identity-shop';
import { uniqueQueueId } from '../support/config';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';

const key = shopKey();
/** Redis is shared with runs at the same time. */
const VIP = uniqueQueueId();
const RULES = { TOKEN_IDENTITY_ISSUER: ISSUER, TOKEN_IDENTITY_AUDIENCE: AUDIENCE };

let names = 0;
const name = (): string => `user-${process.pid}-${Date.now()}-${++names}`;

describe('a token with TOKEN_IDENTITY_PUBLIC_KEY', () => {
  const shop = useService({
    ...RULES,
    TOKEN_IDENTITY_PUBLIC_KEY: pemOf(key).replaceAll('\n', '\\n'),
    QUEUES: `${VIP}=10`,
  });

  const ask = (body: object): request.Test => request(shop.url).post('/v1/api/queue/token').send(body);
  const claimsOf = ({ status, body }: Response): { userId: number; queueId: string } => {
    expect({ status, body: body as unknown }).toMatchObject({ status: 200 });
    const { queueToken } = (body as { data: { queueToken: string } }).data;
    const [, payload = ''] = queueToken.split('.');
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as { userId: number; queueId: string };
  };

  it('is the subject’s, who is made at first sight, once, and may buy', async () => {
    const sub = name();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => ask({ assertion: await assertion(key, { sub }) })),
    );
    expect(tally(answers)).toEqual({ '200': 20 });
    const userIds = new Set(answers.map((answer) => claimsOf(answer).userId));
    expect(userIds.size).toBe(1);
    const rows = await shop.admin.query<{ id: number; issuer: string; balance: number }>(
      'SELECT id, issuer, balance FROM member WHERE subject = ?',
      [sub],
    );
    expect(rows).toEqual([{ id: [...userIds][0], issuer: ISSUER, balance: 0 }]);
    const { queueToken } = (answers[0]?.body as { data: { queueToken: string } }).data;
    const charged = await request(shop.url)
      .post('/v1/api/user/amount')
      .set('Authorization', queueToken)
      .send({ amount: 500 });
    expect(charged.body).toMatchObject({ data: { amount: 500 } });
  });

  it('is issued before the process has its first snapshot as well', async () => {
    const none = jest.spyOn(mainRoom(shop.service).snapshot, 'gen', 'get').mockReturnValue(0);
    const answer = await ask({ assertion: await assertion(key, { sub: name() }) });
    none.mockRestore();
    expect(answer.status).toBe(200);
  });

  it('makes one user of a subject, also through two processes at once', async () => {
    const other = await startTestService({
      ...RULES,
      TOKEN_IDENTITY_PUBLIC_KEY: pemOf(key).replaceAll('\n', '\\n'),
    });
    try {
      for (let i = 0; i < 5; i++) {
        const text = await assertion(key, { sub: name() });
        const [a, b] = await Promise.all(
          [shop.url, other.url].map((url) =>
            request(url).post('/v1/api/queue/token').send({ assertion: text }),
          ),
        );
        expect(a && claimsOf(a).userId).toBe(b && claimsOf(b).userId);
      }
    } finally {
      await other.stop();
    }
  });

  it('tells apart subjects that differ in case or accents, and issuers', async () => {
    const sub = name();
    const userIds = [];
    for (const one of [sub, sub.toUpperCase(), `${sub}é`, `${sub}e`, `${sub}É`])
      userIds.push(claimsOf(await ask({ assertion: await assertion(key, { sub: one }) })).userId);
    expect(new Set(userIds).size).toBe(5);
    const other = await startTestService({
      ...RULES,
      TOKEN_IDENTITY_ISSUER: 'https://other.example',
      TOKEN_IDENTITY_PUBLIC_KEY: pemOf(key).replaceAll('\n', '\\n'),
    });
    try {
      const text = await assertion(key, { sub, iss: 'https://other.example' });
      const answer = await request(other.url).post('/v1/api/queue/token').send({ assertion: text });
      expect(userIds).not.toContain(claimsOf(answer).userId);
    } finally {
      await other.stop();
    }
  });

  it('is not another one when the assertion is sent again', async () => {
    const text = await assertion(key, { sub: name() });
    const [first, again] = [await ask({ assertion: text }), await ask({ assertion: text })];
    expect(first.body).toEqual(again.body);
  });

  it('cannot be obtained by naming a user', async () => {
    const userId = await shop.given.user();
    const answers = [
      await ask({ userId }),
      await ask({ userId, assertion: await assertion(key) }),
      await ask({}),
      await ask({ assertion: 7 }),
      await ask({ assertion: 'no token' }),
      await ask({ assertion: `a.${'b'.repeat(9000)}.c` }),
    ];
    expect(tally(answers)).toEqual({ '400 400': 6 });
  });

  it('is refused with a reason that the shop’s developers can use', async () => {
    const answers = await Promise.all(
      [
        await assertion(shopKey()),
        await assertion(key, { aud: 'other' }),
        await assertion(key, { iat: -60, exp: -10 }),
      ].map((text) => ask({ assertion: text })),
    );
    expect(answers.map(outcome)).toEqual(['401 401', '401 401', '401 401']);
    expect(answers.map(({ body }) => (body as { exception: { message: string } }).exception.message)).toEqual(
      [
        'assertion: is not signed by the shop.',
        'assertion: is meant for another audience.',
        'assertion: has expired: the shop must make another one.',
      ],
    );
    expect(answers[0]?.headers['www-authenticate']).toMatch(/^Bearer/);
  });

  it.each([
    [undefined, undefined, '200'],
    [undefined, VIP, '403 403'],
    [[VIP], VIP, '200'],
    [[VIP], undefined, '403 403'],
    [[], undefined, '403 403'],
    [['other'], 'other', '404 404'],
  ])('of an assertion for the queues %j into %s is %s', async (queues, queueId, expected) => {
    const said = { sub: name(), queues: queues?.map((id) => (id === 'main' ? shop.queueId : id)) };
    const answer = await ask({
      assertion: await assertion(key, said),
      ...(queueId !== undefined && { queueId }),
    });
    expect(outcome(answer)).toBe(expected);
  });

  it('counts what became of assertions, and users made', async () => {
    const metrics = (await request(shop.url).get('/metrics')).text;
    for (const line of [
      /concert_identity_assertions_total\{result="accepted"\} [1-9]/,
      /concert_identity_assertions_total\{result="wrong_audience"\} [1-9]/,
      /concert_identity_assertions_total\{result="not_entitled"\} [1-9]/,
      /concert_identity_users_created_total [1-9]/,
    ])
      expect(metrics).toMatch(line);
  });

  it('is described by the API document as it is asked for', async () => {
    const document = await request(shop.url).get('/openapi.json');
    expect(document.body).toMatchObject({
      paths: {
        '/v1/api/queue/token': {
          post: {
            requestBody: {
              content: {
                'application/json': { schema: { required: ['assertion'], additionalProperties: false } },
              },
            },
            responses: { '401': {}, '403': {} },
          },
        },
      },
    });
    expect(document.text).not.toContain('/v1/api/queue/challenge');
  });
});

describe('a token with TOKEN_IDENTITY_JWKS_URL', () => {
  const shop = new KeyServer();
  const other = shopKey('ES256');
  beforeAll(() => shop.open());
  afterAll(() => shop.close());

  it('goes on while the shop is down, for the keys that were known', async () => {
    shop.keys = [jwkOf(key)];
    const service = await startTestService({ ...RULES, TOKEN_IDENTITY_JWKS_URL: shop.url });
    const ask = async (by = key): Promise<string> =>
      outcome(
        await request(service.url)
          .post('/v1/api/queue/token')
          .send({ assertion: await assertion(by, { sub: name() }) }),
      );
    try {
      expect(await ask()).toBe('200');
      expect(await ask(other)).toBe('401 401');
      await shop.close();
      expect(await ask()).toBe('200');
      expect((await request(service.url).get('/metrics')).text).toMatch(
        /concert_identity_key_fetches_total\{result="ok"\} [1-9]/,
      );
    } finally {
      await service.stop();
      await shop.open();
    }
  });

  it('is 503 with Retry-After as long as no key was ever fetched', async () => {
    shop.answer = (_req, res) => res.writeHead(500).end();
    const service = await startTestService({ ...RULES, TOKEN_IDENTITY_JWKS_URL: shop.url });
    try {
      const answer = await request(service.url)
        .post('/v1/api/queue/token')
        .send({ assertion: await assertion(key) });
      expect(outcome(answer)).toBe('503 503');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    } finally {
      await service.stop();
    }
  });
});
