import fc from 'fast-check';
import request from 'supertest';
import { addressOf } from '../../src/http/client-address';
import { Breakers } from '../../src/infra/breakers';
import { outcome, tally } from '../support/buyer';
import { useService } from '../support/suite';

const seen = (ip: string | undefined, remoteAddress = '192.0.2.1'): string =>
  addressOf({ ip, socket: { remoteAddress } });

describe('an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:0001:0002::1', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['no address at all', '192.0.2.1'],
    ['x'.repeat(10_000), '192.0.2.1'],
    [undefined, '192.0.2.1'],
  ])('%.40s counts as %s', (ip, counted) => {
    expect(seen(ip)).toBe(counted);
  });

  it('is the same for all of an IPv6 network, however it is written', () => {
    const group = fc.nat(0xffff).map((it) => it.toString(16));
    const groups = (count: number): fc.Arbitrary<string[]> =>
      fc.array(group, { minLength: count, maxLength: count });
    fc.assert(
      fc.property(groups(4), groups(4), groups(4), (network, one, other) => {
        const [a, b] = [seen([...network, ...one].join(':')), seen([...network, ...other].join(':'))];
        expect(a).toBe(b);
        expect(seen(`${network.join(':')}::`)).toBe(a);
        expect(seen([...network, ...one].map((it) => it.toUpperCase().padStart(4, '0')).join(':'))).toBe(a);
      }),
    );
  });
});

describe('a limit of tokens per address', () => {
  const behindProxy = useService({ TOKEN_RATE_PER_MINUTE: 3, TRUST_PROXY: 1 });
  const direct = useService({ TOKEN_RATE_PER_MINUTE: 3, TRUST_PROXY: 0 });
  const network = (): string => `2001:db8:${(Date.now() % 0xffff).toString(16)}:${process.pid.toString(16)}`;

  const take = async (url: string, userId: number, forwardedFor: string): Promise<request.Response> =>
    request(url).post('/v1/api/queue/token').set('X-Forwarded-For', forwardedFor).send({ userId });

  it('is not escaped by the other addresses of one network', async () => {
    const [userId, prefix] = [await behindProxy.given.member(), network()];
    const answers = [];
    for (let i = 1; i <= 5; i++) answers.push(await take(behindProxy.url, userId, `${prefix}::${i}`));
    expect(tally(answers)).toEqual({ '200': 3, '429 429': 2 });
  });

  it('is not escaped by telling the proxy of addresses in front of it', async () => {
    const userId = await behindProxy.given.member();
    const mine = `${network()}::1`;
    const answers = [];
    for (let i = 1; i <= 5; i++) answers.push(await take(behindProxy.url, userId, `10.9.8.${i}, ${mine}`));
    expect(tally(answers)).toEqual({ '200': 3, '429 429': 2 });
  });

  it('takes nobody’s word without a proxy', async () => {
    const userId = await direct.given.member();
    const answers = [];
    for (let i = 1; i <= 5; i++) answers.push(await take(direct.url, userId, `10.9.7.${i}`));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(2); // others may use it up, too
  });
});

describe('a flood of nonsense', () => {
  const it_ = useService();

  it('opens no breaker and takes no place: the next visitor enters', async () => {
    const garbage = Array.from({ length: 150 }, (_, i) =>
      request(it_.url).post('/v1/api/queue/token/check').set('Authorization', `garbage-${i}`),
    );
    const nobody = Array.from({ length: 150 }, (_, i) =>
      request(it_.url)
        .post('/v1/api/queue/token')
        .send({ userId: Number.MAX_SAFE_INTEGER - i }),
    );
    expect(tally(await Promise.all([...garbage, ...nobody]))).toEqual({ '401 401': 150, '404 404': 150 });
    const breakers = it_.service.container.resolve(Breakers);
    expect([breakers.queue.state, breakers.concert.state]).toEqual(['closed', 'closed']);
    const visitor = await it_.visitor();
    expect(outcome(await visitor.schedules())).toBe('200');
  });

  it('gives one place to a user who asks for fifty at once', async () => {
    const userId = await it_.given.member();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => request(it_.url).post('/v1/api/queue/token').send({ userId })),
    );
    const tokens = answers.map(({ body }) => (body as { data: { queueToken: string } }).data.queueToken);
    expect(new Set(tokens).size).toBe(1);
  });
});
