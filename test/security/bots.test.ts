import { randomInt } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import fc from 'fast-check';
import request from 'supertest';
import { addressOf } from '../../src/http/limits/client-address';
import { Breakers } from '../../src/modules/operations/breakers';
import { outcome, tally } from '../support/clients/buyer';
import { askRaw } from '../support/clients/raw';
import { startTestService } from '../support/service';
import { useService } from '../support/suite';

const seen = (headers: IncomingHttpHeaders, hops = 1): string =>
  addressOf({ headers, socket: { remoteAddress: '192.0.2.1' } }, hops);
const xff = (text: string, hops?: number): string => seen({ 'x-forwarded-for': text }, hops);
const forwarded = (text: string, hops?: number): string => seen({ forwarded: text }, hops);

const ADDRESSES = [
  ['203.0.113.7', '203.0.113.7'],
  ['203.0.113.7:4711', '203.0.113.7'],
  ['203.0.113.7:_port', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:c0a8:101', '192.168.1.1'],
  ['[::ffff:c0a8:101]:4711', '192.168.1.1'],
  ['0:0:0:0:0:ffff:c0a8:0101', '192.168.1.1'],
  ['::ffff:0:c0a8:101', '192.168.1.1'],
  ['64:ff9b::203.0.113.7', '203.0.113.7'],
  ['64:FF9B::cb00:7107', '203.0.113.7'],
  ['64:ff9b:1:fffe::cb00:7107', '203.0.113.7'],
  ['2002:cb00:7107:9::1', '203.0.113.7'],
  ['2001:0:4136:e378:8000:63bf:34ff:8ef8', '203.0.113.7'],
  ['::203.0.113.7', '203.0.113.7'],
  ['[::cb00:7107]:4711', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2'],
  ['[2001:db8:1:2::1]', '2001:db8:1:2'],
  ['[2001:db8:1:2::1]:4711', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['::', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['[fe80::1%eth0]:80', 'fe80:0:0:0'],
] as const;

const NO_ADDRESSES = [
  'unknown',
  'Unknown',
  '_hidden',
  'unix:',
  '203.0.113.256',
  '203.0.113',
  '0x7f000001',
  '2001:db8::1::2',
  '[203.0.113.7',
  '203.0.113.7:4711:1',
  'x'.repeat(100),
];

describe('an address', () => {
  it.each(ADDRESSES)('%s counts as %s in X-Forwarded-For', (text, counted) => {
    expect(xff(text)).toBe(counted);
    expect(xff(`10.9.8.7 ,,  ${text} , `)).toBe(counted);
    expect(xff(`"${text}"`)).toBe(counted);
  });

  it.each(ADDRESSES)('%s counts as %s in Forwarded', (text, counted) => {
    expect(forwarded(`for="${text}"`)).toBe(counted);
    expect(forwarded(`For=${text}`)).toBe(counted); // not as the RFC has it, and written by some
    expect(forwarded(`for=10.9.8.7, , by=_p ; FOR="${text}";proto=https;host="a,b;c" `)).toBe(counted);
  });

  it.each(NO_ADDRESSES)('%s is none: the nearer proxy counts, at last the connection', (text) => {
    expect(xff(text)).toBe('192.0.2.1');
    expect(xff(`${text}, 198.51.100.2`, 2)).toBe('198.51.100.2');
    expect(forwarded(`for="${text}"`)).toBe('192.0.2.1');
    expect(forwarded(`for="${text}", for=198.51.100.2`, 2)).toBe('198.51.100.2');
  });

  it.each([
    ['', 1, '192.0.2.1'],
    ['203.0.113.7, 198.51.100.3, 198.51.100.2', 0, '192.0.2.1'],
    ['203.0.113.7, 198.51.100.3, 198.51.100.2', 1, '198.51.100.2'],
    ['203.0.113.7, 198.51.100.3, 198.51.100.2', 3, '203.0.113.7'],
    ['203.0.113.7, unknown, 198.51.100.2', 3, '203.0.113.7'],
    ['203.0.113.7', 3, '203.0.113.7'],
  ])('of "%s" behind %i proxies is %s', (text, hops, counted) => {
    expect(xff(text, hops)).toBe(counted);
    const elements = text.split(', ').map((entry) => `for=${entry}`);
    expect(forwarded(text === '' ? '' : elements.join(', '), hops)).toBe(counted);
  });

  it.each(['for=198.51.100.2;', ' ;for=198.51.100.2;;proto=https; ', 'for=1.2.3.4;, for=198.51.100.2 ; ,;'])(
    'is read of an element of Forwarded with empty pairs: %s',
    (text) => {
      expect(forwarded(text)).toBe('198.51.100.2');
      expect(forwarded(`for=203.0.113.7, ${text}, for=198.51.100.9;`, 2)).toBe('198.51.100.2');
    },
  );

  it.each([
    'for="203.0.113.66", for="198.51.100.2',
    'for=203.0.113.66;by=", for=198.51.100.2',
    'for=203.0.113.66;by=", for="198.51.100.2:80"',
    'for=203.0.113.66;by="\\", for="198.51.100.2"',
    'for=203.0.113.66;, for=unknown',
    'for=203.0.113.66, by=198.51.100.2',
    'for=203.0.113.66, for=198.51.100.2;for=203.0.113.66',
    'for=203.0.113.66, nonsense',
    'for=203.0.113.66, =198.51.100.2',
  ])('cannot be chosen by what a client writes in front of the proxy’s part: %s', (text) => {
    expect(forwarded(text)).toBe('192.0.2.1');
  });

  it('cannot be chosen in the header that the proxy does not write', () => {
    const own = { 'x-forwarded-for': '198.51.100.2', forwarded: 'for=198.51.100.2' };
    expect(seen(own)).toBe('198.51.100.2');
    expect(seen({ ...own, forwarded: 'for="198.51.100.2:4711";proto=https' })).toBe('198.51.100.2');
    expect(seen({ ...own, forwarded: 'for=203.0.113.66' })).toBe('192.0.2.1');
    expect(seen({ ...own, 'x-forwarded-for': '203.0.113.66' })).toBe('192.0.2.1');
    expect(seen({ ...own, forwarded: 'nonsense, for=198.51.100.2', 'x-forwarded-for': '203.0.113.66' })).toBe(
      '192.0.2.1',
    );
    expect(seen({ ...own, 'x-forwarded-for': '203.0.113.66, 198.51.100.2' }, 2)).toBe('198.51.100.2');
  });

  it('is the same for all of an IPv6 network, however it is written', () => {
    const group = fc.nat(0xffff).map((it) => it.toString(16));
    const groups = (count: number): fc.Arbitrary<string[]> =>
      fc.array(group, { minLength: count, maxLength: count });
    const network = fc.tuple(fc.constantFrom('2003', '2a00', '2409'), groups(3));
    fc.assert(
      fc.property(network, groups(4), groups(4), ([first, rest], one, other) => {
        const prefix = [first, ...rest];
        const [a, b] = [xff([...prefix, ...one].join(':')), xff([...prefix, ...other].join(':'))];
        expect(a).toBe(b);
        expect(xff(`[${prefix.join(':')}::]:80`)).toBe(a);
        expect(xff([...prefix, ...one].map((it) => it.toUpperCase().padStart(4, '0')).join(':'))).toBe(a);
      }),
    );
  });

  it('is read of any header without an error', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[for=",;:[\]\\ \d.]{0,40}$/), fc.nat(3), (a, b, hops) => {
        expect(typeof seen({ 'x-forwarded-for': a, forwarded: b }, hops)).toBe('string');
        expect(typeof seen({ forwarded: a }, hops)).toBe('string');
      }),
    );
  });
});

describe('a limit of tokens per address', () => {
  const behindProxy = useService({ TOKEN_RATE_PER_MINUTE: 3, TRUST_PROXY: 1 });
  const direct = useService({ TOKEN_RATE_PER_MINUTE: 3, TRUST_PROXY: 0 });
  let networks = randomInt(0xff_ffff);
  /** Another one each time. */
  const network = (): string =>
    `2001:db8:${(++networks >> 8).toString(16)}:${(networks & 0xff).toString(16)}`;

  const take = async (url: string, userId: number, forwardedFor: string): Promise<request.Response> =>
    request(url).post('/v1/api/queue/token').set('X-Forwarded-For', forwardedFor).send({ userId });

  it('is not escaped by the other addresses of one network', async () => {
    const [userId, prefix] = [await behindProxy.given.user(), network()];
    const answers = [];
    for (let i = 1; i <= 5; i++) answers.push(await take(behindProxy.url, userId, `${prefix}::${i}`));
    expect(tally(answers)).toEqual({ '200': 3, '429 429': 2 });
  });

  it('is not escaped by telling the proxy of addresses in front of it', async () => {
    const [userId, mine] = [await behindProxy.given.user(), `${network()}::1`];
    const answers = [];
    for (let i = 1; i <= 5; i++) answers.push(await take(behindProxy.url, userId, `10.9.8.${i}, ${mine}`));
    expect(tally(answers)).toEqual({ '200': 3, '429 429': 2 });
  });

  it.each(['X-Forwarded-For', 'Forwarded'])('is each client’s own in %s, port or not', async (header) => {
    const ask = (client: string): request.Test =>
      request(behindProxy.url)
        .post('/v1/api/queue/token')
        .set(header, header === 'Forwarded' ? `for="${client}"` : client)
        .send({ userId });
    const userId = await behindProxy.given.user();
    const mine = network();
    const answers = [];
    for (let i = 1; i <= 5; i++) answers.push(await ask(`[${i === 1 ? mine : network()}::1]:471${i}`));
    expect(tally(answers)).toEqual({ '200': 5 });
    for (let i = 1; i <= 3; i++) answers.push(await ask(`[${mine}::2]:815${i}`));
    expect(tally(answers)).toEqual({ '200': 7, '429 429': 1 });
  });

  it('is applied before the body arrives, to a request that announces one', async () => {
    const [userId, mine] = [await behindProxy.given.user(), `${network()}::1`];
    for (const bad of [0, userId, 0])
      // those with a bad body count as well
      expect(outcome(await take(behindProxy.url, bad, mine))).toBe(bad === 0 ? '400 400' : '200');
    const head = `POST /v1/api/queue/token HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${mine}\r\nContent-Type: application/json`;
    const answer = await askRaw(behindProxy.url, `${head}\r\nContent-Length: 50\r\n\r\n`);
    expect(answer.status).toBe(429);
  });

  it('is counted for each installation on one Redis by itself', async () => {
    const other = await startTestService({ TOKEN_RATE_PER_MINUTE: 3, TRUST_PROXY: 1 });
    try {
      const [userId, mine] = [await behindProxy.given.user(), `${network()}::1`];
      for (const url of [behindProxy.url, other.url]) {
        const answers = [];
        for (let i = 1; i <= 4; i++) answers.push(await take(url, userId, mine));
        expect(tally(answers)).toEqual({ '200': 3, '429 429': 1 });
      }
    } finally {
      await other.stop();
    }
  });

  it('ignores forwarded addresses when no proxy is configured', async () => {
    const userId = await direct.given.user();
    const answers = [];
    for (let i = 1; i <= 5; i++) answers.push(await take(direct.url, userId, `10.9.7.${i}`));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(2); // others may also use it up
  });
});

describe('a flood of nonsense', () => {
  const app = useService();

  it('opens no breaker and makes no entry: the next user is admitted', async () => {
    const garbage = Array.from({ length: 150 }, (_, i) =>
      request(app.url).post('/v1/api/queue/token/check').set('Authorization', `garbage-${i}`),
    );
    const nobody = Array.from({ length: 150 }, (_, i) =>
      request(app.url)
        .post('/v1/api/queue/token')
        .send({ userId: Number.MAX_SAFE_INTEGER - i }),
    );
    expect(tally(await Promise.all([...garbage, ...nobody]))).toEqual({ '401 401': 150, '404 404': 150 });
    const breakers = app.service.container.resolve(Breakers);
    expect([breakers.queue.state, breakers.concert.state]).toEqual(['closed', 'closed']);
    const buyer = await app.buyer();
    expect(outcome(await buyer.schedules())).toBe('200');
  });

  it('gives one entry to a user who sends fifty requests at once', async () => {
    const userId = await app.given.user();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => request(app.url).post('/v1/api/queue/token').send({ userId })),
    );
    const tokens = answers.map(({ body }) => (body as { data: { queueToken: string } }).data.queueToken);
    expect(new Set(tokens).size).toBe(1);
  });
});
