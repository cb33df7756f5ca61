import { createHmac } from 'node:crypto';
import { AssertionVerifier } from '../../src/modules/identity/verifier';
import { ConfiguredKey } from '../../src/modules/identity/keys';
import { AssertionRefused } from '../../src/modules/identity/errors';
import {
  assertion,
  AUDIENCE,
  encoded,
  ISSUER,
  pemOf,
  type ShopKey,
  shopKey,
} from '../support/servers/identity-shop';

const RULES = {
  TOKEN_IDENTITY_ISSUER: ISSUER,
  TOKEN_IDENTITY_AUDIENCE: AUDIENCE,
  TOKEN_IDENTITY_MAX_AGE_SECONDS: 300,
  TOKEN_IDENTITY_CLOCK_TOLERANCE_SECONDS: 5,
};

// A machine may stand still between an assertion and its verification: the claims here are of seconds.
let clock: jest.SpyInstance;
beforeAll(() => {
  const nowMs = Date.now();
  clock = jest.spyOn(Date, 'now').mockReturnValue(nowMs);
});
afterAll(() => clock.mockRestore());

const key = shopKey();
const verifierOf = (of: ShopKey): AssertionVerifier =>
  new AssertionVerifier(new ConfiguredKey(pemOf(of)), RULES);
const verifier = verifierOf(key);

/** What becomes of an assertion: `sub`, or what is wrong with it. */
async function fate(text: string, by = verifier, nowMs = Date.now()): Promise<string> {
  try {
    return (await by.verify(text, nowMs)).id;
  } catch (error) {
    if (error instanceof AssertionRefused) return error.fault;
    throw error;
  }
}

const now = (): number => Math.floor(Date.now() / 1000);
const claims = (): object => ({ iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: now(), exp: now() + 60 });

describe('an assertion of the shop', () => {
  it.each(['RS256', 'ES256', 'EdDSA'])('signed by %s names its user', async (alg) => {
    const one = shopKey(alg);
    expect(await fate(await assertion(one, { sub: 'ada' }), verifierOf(one))).toBe('ada');
  });

  it('may say which queues its user may enter', async () => {
    const of = async (said: object): Promise<unknown> =>
      (await verifier.verify(await assertion(key, { ...said }), Date.now())).queues;
    expect(await of({ queues: ['vip', 'main'] })).toEqual(['vip', 'main']);
    expect(await of({ queues: [] })).toEqual([]);
    expect(await of({})).toBeUndefined();
  });

  it('may be meant for several audiences', async () => {
    expect(await fate(await assertion(key, { aud: ['other', AUDIENCE] }))).toBe('user-1');
  });

  it.each([
    ['of another issuer', { iss: 'https://other.example' }, 'wrong_issuer'],
    ['without an issuer', { iss: undefined }, 'bad_claim'],
    ['for another audience', { aud: 'other' }, 'wrong_audience'],
    ['for no audience', { aud: undefined }, 'bad_claim'],
    ['that has expired', { iat: -60, exp: -6 }, 'expired'],
    ['without an end', { exp: undefined }, 'bad_claim'],
    ['that is too old, though it has not expired', { iat: -306, exp: 600 }, 'expired'],
    ['without a time of issue', { iat: undefined }, 'bad_claim'],
    ['issued in the future', { iat: 10, exp: 60 }, 'not_yet_valid'],
    ['that is not valid yet', { nbf: 10 }, 'not_yet_valid'],
    ['whose time is text', { exp: 'soon' }, 'bad_claim'],
    ['without a subject', { sub: undefined }, 'bad_claim'],
    ['with an empty subject', { sub: '' }, 'bad_claim'],
    ['whose subject is a number', { sub: 7 }, 'bad_claim'],
    ['whose subject is too long', { sub: 'x'.repeat(256) }, 'bad_claim'],
    ['whose subject has a line break', { sub: 'a\nb' }, 'bad_claim'],
    ['whose subject ends in a blank', { sub: 'ada ' }, 'bad_claim'],
    ['whose subject is no Unicode', { sub: 'a\ud800' }, 'bad_claim'],
    ['whose queues are a text', { queues: 'vip' }, 'bad_claim'],
  ])('%s is refused', async (_what, said, fault) => {
    expect(await fate(await assertion(key, said))).toBe(fault);
  });

  it.each([
    ['just expired', { iat: -60, exp: -3 }],
    ['just about to be valid', { nbf: 3, iat: 3 }],
  ])('%s is accepted within the tolerance of the clocks', async (_what, said) => {
    expect(await fate(await assertion(key, said))).toBe('user-1');
  });

  it('is judged by the clock that it is given', async () => {
    const text = await assertion(key);
    expect(await fate(text, verifier, Date.now() + 70_000)).toBe('expired');
    expect(await fate(text, verifier, Date.now() - 70_000)).toBe('not_yet_valid');
  });
});

describe('a forged assertion', () => {
  it('of another shop’s key is refused', async () => {
    expect(await fate(await assertion(shopKey()))).toBe('wrong_signature');
    const other = shopKey('ES256');
    expect(await fate(await assertion(other))).toBe('wrong_algorithm');
  });

  it('with alg none is refused, in any letters, with and without a signature', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE'])
      for (const signature of ['', 'c2ln']) {
        const text = `${encoded({ alg, kid: key.kid })}.${encoded(claims())}.${signature}`;
        expect(await fate(text)).toBe('wrong_algorithm');
      }
  });

  it.each(['RS256', 'EdDSA'])('signed by HS256 with the public key of %s is refused', async (alg) => {
    const one = shopKey(alg);
    const pem = pemOf(one);
    const jwk = JSON.stringify(one.publicKey.export({ format: 'jwk' }));
    const der = one.publicKey.export({ type: 'spki', format: 'der' });
    for (const secret of [pem, `${pem}\n`, jwk, der]) {
      const signed = `${encoded({ alg: 'HS256', kid: one.kid, typ: 'JWT' })}.${encoded(claims())}`;
      const signature = createHmac('sha256', secret).update(signed).digest('base64url');
      expect(await fate(`${signed}.${signature}`, verifierOf(one))).toBe('wrong_algorithm');
    }
  });

  it('signed by an algorithm that is not allowed, though with the right key, is refused', async () => {
    const one = shopKey('RS256');
    for (const alg of ['RS384', 'RS512', 'PS256'])
      expect(await fate(await assertion(one, {}, { alg }), verifierOf(one))).toBe('wrong_algorithm');
  });

  it('that brings its key along is refused', async () => {
    const own = shopKey();
    const jwk = own.publicKey.export({ format: 'jwk' });
    const [, payload, signature] = (await assertion(own)).split('.');
    for (const more of [{ jwk }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/x' }]) {
      const text = `${encoded({ alg: 'EdDSA', kid: key.kid, ...more })}.${payload}.${signature}`;
      expect(await fate(text)).toBe('wrong_signature');
    }
  });

  it('that demands what is not understood is refused', async () => {
    const text = await assertion(key);
    const [, payload, signature] = text.split('.');
    expect(await fate(`${encoded({ alg: 'EdDSA', crit: ['x'], x: 1 })}.${payload}.${signature}`)).toBe(
      'malformed',
    );
  });

  it('with any character of its payload or signature changed is refused', async () => {
    const text = await assertion(key);
    for (let at = text.indexOf('.') + 1; at < text.length - 1; at++) {
      if (text[at] === '.') continue;
      const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      expect(await fate(changed)).not.toBe('user-1');
    }
  });

  it.each(['', '.', '..', 'a.b.c', 'a.b', 'e30.e30.e30', 'null.null.null', `${'x'.repeat(9000)}.x.x`])(
    'malformed as "%s" is refused',
    async (text) => {
      expect(['malformed', 'wrong_algorithm']).toContain(await fate(text.slice(0, 50)));
    },
  );
});
