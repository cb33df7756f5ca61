import { FetchedKeys } from '../../src/modules/identity/keys';
import { fetchKeys } from '../../src/modules/identity/jwks';
import { parsePublicKey } from '../../src/config/public-key';
import { jwkOf, KeyServer, pemOf, type ShopKey, shopKey } from '../support/servers/identity-shop';
import { until } from '../support/wait';

const shop = new KeyServer();
let clockMs = 0;
let results: string[] = [];
let keys: FetchedKeys;

const [first, second] = [shopKey(), shopKey('ES256')];
const find = (key: ShopKey): Promise<string> =>
  keys.find({ alg: key.alg, kid: key.kid }).then(
    () => 'found',
    (error: unknown) => (error as Error).name,
  );

beforeAll(() => shop.open());
beforeEach(() => {
  // Nothing is too slow, however busy the machine is.
  jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => new AbortController().signal);
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => shop.close());
beforeEach(() => {
  clockMs = 0;
  results = [];
  shop.fetches = 0;
  shop.answer = shop.publish;
  shop.keys = [jwkOf(first)];
  keys = new FetchedKeys(shop.url, { nowMs: () => clockMs, onFetched: (result) => results.push(result) });
});

const down: KeyServer['answer'] = (_req, res) => res.writeHead(503).end();

describe('the shop’s keys', () => {
  it('are fetched once, however many ask at once, and used from then on', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, () => find(first)))).toEqual(Array(20).fill('found'));
    clockMs += 3_600_000;
    expect(await find(first)).toBe('found');
    expect(shop.fetches).toBe(1);
  });

  it('are fetched again every five minutes by the refresh', async () => {
    await keys.refresh();
    clockMs += 299_000;
    await keys.refresh();
    expect(shop.fetches).toBe(1);
    clockMs += 1_000;
    await keys.refresh();
    expect(shop.fetches).toBe(2);
  });

  it('are rotated: a new key is found at once, and a withdrawn one ends with the next refresh', async () => {
    expect(await find(first)).toBe('found');
    clockMs += 10_000;
    shop.keys = [jwkOf(second)];
    expect(await find(second)).toBe('found');
    expect(await find(first)).toBe('JWKSNoMatchingKey');
  });

  it('are not fetched again for each unknown key', async () => {
    expect(await find(first)).toBe('found');
    clockMs += 10_000;
    for (let i = 0; i < 50; i++) {
      expect(await find({ ...second, kid: `nonsense-${i}` })).toBe('JWKSNoMatchingKey');
      clockMs += 100;
    }
    expect(shop.fetches).toBe(2);
  });

  it('known before go on while the shop is down; unknown ones are 503, not 401', async () => {
    await keys.refresh();
    shop.answer = down;
    clockMs += 23 * 3_600_000;
    await expect(keys.refresh()).rejects.toThrow('the answer was 503');
    expect(await find(first)).toBe('found');
    expect(await find(second)).toBe('Unavailable');
    shop.answer = shop.publish;
    shop.keys = [jwkOf(second)];
    await keys.refresh(); // at once: the last one failed
    expect(await find(second)).toBe('found');
    expect(results).toEqual(['ok', 'failed', 'ok']);
  });

  it('end after a day without the shop: what it has withdrawn must end at some time', async () => {
    await keys.refresh();
    shop.answer = down;
    clockMs += 24 * 3_600_000;
    expect(await find(first)).toBe('Unavailable');
  });

  it('are needed at the start: until they are fetched tokens get 503, and the next fetch follows after a pause', async () => {
    shop.answer = down;
    for (let i = 0; i < 5; i++) expect(await find(first)).toBe('Unavailable');
    expect(shop.fetches).toBe(1);
    shop.answer = shop.publish;
    clockMs += 10_000;
    expect(await find(first)).toBe('found');
  });

  it('that are known wait for no fetch, however slow the shop is', async () => {
    await keys.refresh();
    let answerNow: () => void = () => undefined;
    shop.answer = (req, res) => {
      answerNow = () => shop.publish(req, res);
    };
    clockMs += 10_000;
    shop.keys = [jwkOf(first), jwkOf(second)];
    const waiting = Promise.all([find(second), find(second)]);
    expect(await find(first)).toBe('found'); // while the fetch hangs
    await until('the shop is asked', () => shop.fetches === 2);
    answerNow();
    expect(await waiting).toEqual(['found', 'found']);
    expect(shop.fetches).toBe(2);
  });
});

describe('an answer with keys', () => {
  it.each<[string, KeyServer['answer'], RegExp]>([
    ['a redirect', (_req, res) => res.writeHead(302, { location: shop.url }).end(), /the answer was 302/],
    ['an error', down, /the answer was 503/],
    ['no JSON', (_req, res) => res.end('<html>'), /JSON/],
    ['no key set', (_req, res) => res.end('{"keys":{}}'), /no JSON Web Key Set/],
    ['an empty set', (_req, res) => res.end('{"keys":[]}'), /none is an RSA key/],
    ['more than 64 kB', (_req, res) => res.end(' '.repeat(70_000)), /larger than 65536 bytes/],
    [
      'an endless answer',
      (_req, res) => {
        const more = (): void => {
          while (res.write('x'.repeat(10_000)));
          res.once('drain', more);
        };
        more();
      },
      /larger than 65536 bytes/,
    ],
  ])('that is %s is not used', async (_what, answer, fault) => {
    shop.answer = answer;
    await expect(fetchKeys(shop.url)).rejects.toThrow(fault);
    expect(shop.fetches).toBe(1);
  });

  it('that does not come in time is not waited for', async () => {
    const late = new AbortController();
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(late.signal);
    shop.answer = () => late.abort(new DOMException('timeout', 'TimeoutError'));
    await expect(fetchKeys(shop.url)).rejects.toThrow(/timeout/);
    expect(timeout).toHaveBeenCalledWith(3000);
  });

  it('leaves out weak keys, secrets, private parts of nothing, other curves and other uses', async () => {
    const weak = shopKey('RS256', 1024);
    shop.keys = [
      jwkOf(weak),
      { kty: 'oct', k: 'c2VjcmV0', kid: 'secret', alg: 'HS256' },
      jwkOf(second, { use: 'enc' }),
      { kty: 'EC', crv: 'P-521', kid: 'other' },
      {},
      jwkOf(first),
    ];
    expect((await fetchKeys(shop.url)).keys.map(({ kid }) => kid)).toEqual([first.kid]);
  });

  it('finds the key of an assertion without a kid if only one can be meant', async () => {
    shop.keys = [jwkOf(first), jwkOf(second)];
    await expect(keys.find({ alg: 'ES256' })).resolves.toBeDefined();
    keys = new FetchedKeys(shop.url);
    shop.keys = [jwkOf(first), jwkOf(shopKey())];
    await expect(keys.find({ alg: 'EdDSA' })).rejects.toThrow(/multiple matching keys/);
  });
});

describe('a configured key', () => {
  it.each(['RS256', 'ES256', 'EdDSA'])('may be one of %s, with line breaks as \\n', (alg) => {
    const pem = pemOf(shopKey(alg));
    expect(parsePublicKey(pem.replaceAll('\n', '\\n')).asymmetricKeyType).toBe(
      parsePublicKey(pem).asymmetricKeyType,
    );
  });

  it('is neither weak, private, symmetric nor of another kind', () => {
    expect(() => parsePublicKey(pemOf(shopKey('RS256', 1024)))).toThrow('at least 2048 bits, not 1024');
    const { privateKey } = shopKey();
    expect(() => parsePublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toThrow(
      'must be the public key',
    );
    for (const text of ['secret', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----'])
      expect(() => parsePublicKey(text)).toThrow('must be a public key in PEM');
  });
});
