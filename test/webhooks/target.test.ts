import { AddressRules } from '../../src/modules/webhooks/delivery/addresses';
import { deliveryPauseS, endpointPauseS, MAX_ATTEMPTS } from '../../src/modules/webhooks/delivery/backoff';
import { parseTarget } from '../../src/modules/webhooks/target';

const strict = new AddressRules('');

const isAllowed = (address: string, rules = strict): boolean => {
  try {
    rules.check(address);
    return true;
  } catch {
    return false;
  }
};

describe('an address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '203.0.112.9', '2001:4860:4860::8888', '2a00:1450:4001:81b::200e'])(
    '%s is public',
    (address) => expect(isAllowed(address)).toBe(true),
  );

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.192',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '168.63.129.16',
    '192.88.99.1',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::127.0.0.1',
    '::ffff:0:10.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::808:808',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2001::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '100::1',
    '2001:db8::1',
    '3fff::1',
    '4000::1',
    '8000::1',
    '',
    'localhost',
    '8.8.8',
    '0x08080808',
  ])('"%s" is not to be called', (address) => expect(isAllowed(address)).toBe(false));

  it('may be called if its network is configured', () => {
    const rules = new AddressRules('127.0.0.0/8,fd00::/16');
    expect(['127.0.0.1', 'fd00::5', '8.8.8.8'].map((one) => isAllowed(one, rules))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['10.0.0.1', 'fd01::5', '::1', '::ffff:127.0.0.1'].map((one) => isAllowed(one, rules))).toEqual(
      Array(4).fill(false),
    );
  });
});

describe('a name', () => {
  const resolved = (addresses: string[], isHttps = true): Promise<unknown> => {
    const rules = new AddressRules('10.0.0.0/8', (_host, _options, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
    return new Promise((resolve) => {
      rules.lookup(isHttps)('hook.example', { all: true }, (error, found) => {
        resolve(error === null ? found : error.message);
      });
    });
  };

  it('is called at the addresses that were checked', async () => {
    expect(await resolved(['8.8.8.8', '2001:4860:4860::8888'])).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2001:4860:4860::8888', family: 6 },
    ]);
  });

  it('is refused if any of its addresses is not public', async () => {
    expect(await resolved(['8.8.8.8', '127.0.0.1'])).toMatch('127.0.0.1 is no public address');
    expect(await resolved(['::ffff:169.254.169.254'])).toMatch('no public address');
  });

  it.each([true, false])(
    'fails at once when it cannot be resolved, with all addresses wanted: %s',
    async (all) => {
      const rules = new AddressRules('', (host, _options, done) => done(new Error(`no address of ${host}`)));
      const error = await new Promise((resolve) => rules.lookup(true)('hook.example', { all }, resolve));
      expect(error).toEqual(new Error('no address of hook.example'));
    },
  );

  it('is called by http only in a configured network', async () => {
    expect(await resolved(['10.1.1.1'], false)).toEqual([{ address: '10.1.1.1', family: 4 }]);
    expect(await resolved(['8.8.8.8'], false)).toMatch('it must be https');
    expect(await resolved(['10.1.1.1', '8.8.8.8'], false)).toMatch('it must be https');
  });
});

describe('the URL of a webhook', () => {
  const local = new AddressRules('127.0.0.0/8');

  it.each([
    'https://hook.example/a?b=c',
    'https://hook.example:8443/',
    'https://8.8.8.8/',
    'https://[2001:4860:4860::8888]/',
    'http://127.0.0.1:3000/',
    'http://hook.internal/', // refused when its name is resolved, unless its network is configured
  ])('may be %s', (url) => expect(parseTarget(url, local).url.href).toBe(url));

  it.each([
    ['', 'must be a URL'],
    ['hook.example', 'must be a URL'],
    ['ftp://hook.example/', 'must be https'],
    ['file:///etc/passwd', 'must be https'],
    ['http://8.8.8.8/', 'must be https'],
    ['https://user:pass@hook.example/', 'no user'],
    ['https://hook.example/#x', 'no user'],
    ['https://hook.example:22/', 'port'],
    ['https://hook.example:25/', 'port'],
    ['https://10.0.0.1/', 'no public address'],
    ['https://2130706434000/', 'must be a URL'],
    ['https://0xa.1/', 'no public address'],
    ['https://167772161/', 'no public address'],
    ['https://012.0.0.1/', 'no public address'],
    ['https://10。0。0。1/', 'no public address'],
    ['https://[::ffff:127.0.0.1]/', 'no public address'],
    ['https://[::1]/', 'no public address'],
    ['https://hook.example/ x', 'must be a URL'],
    [`https://hook.example/${'x'.repeat(2000)}`, 'at most 2000'],
    [`https://hook.example/${'한'.repeat(230)}`, 'at most 2000'], // nine letters each
  ])('must not be "%s"', (url, why) => expect(() => parseTarget(url, local)).toThrow(why));
});

describe('the pause after a failure', () => {
  it('grows from seconds to a day, ten attempts over 75 hours, with jitter', () => {
    const pauses = (random: number): (number | undefined)[] =>
      Array.from({ length: MAX_ATTEMPTS }, (_, i) => deliveryPauseS(i + 1, 0, () => random));
    const middle = pauses(0.5);
    expect(middle).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, undefined]);
    expect(pauses(0)[0]).toBe(4);
    expect(pauses(1)[0]).toBeCloseTo(6);
  });

  it('is at least as long as the receiver demands, up to an hour', () => {
    expect(deliveryPauseS(1, 120, () => 0.5)).toBe(120);
    expect(deliveryPauseS(1, 1e9, () => 0.5)).toBe(3600);
    expect(deliveryPauseS(10, 120)).toBeUndefined();
  });

  it('of an endpoint is a minute at most', () => {
    expect([1, 2, 3, 7, 50, 5000].map((failures) => endpointPauseS(failures, 0, () => 0.5))).toEqual([
      1, 2, 4, 60, 60, 60,
    ]);
  });
});
