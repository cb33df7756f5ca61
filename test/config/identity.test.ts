import { generateKeyPairSync } from 'node:crypto';
import { configDoubts, loadConfig } from '../../src/config/config';
import { faultsOf } from '../support/config';

describe('the configuration of identity', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const whose = { TOKEN_IDENTITY_ISSUER: 'https://shop.example', TOKEN_IDENTITY_AUDIENCE: 'queue' };
  const TOKEN_IDENTITY_JWKS_URL = 'https://shop.example/jwks';

  it('takes a key set or a key, with issuer and audience', () => {
    expect(faultsOf({ ...whose, TOKEN_IDENTITY_JWKS_URL })).toEqual([]);
    expect(faultsOf({ ...whose, TOKEN_IDENTITY_PUBLIC_KEY: publicKey.trim() })).toEqual([]);
  });

  it.each([
    [{ ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_IDENTITY_ISSUER: '' }, /^TOKEN_IDENTITY_ISSUER must be set/],
    [{ ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_IDENTITY_AUDIENCE: '' }, /^TOKEN_IDENTITY_AUDIENCE must be/],
    [
      { ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_IDENTITY_PUBLIC_KEY: publicKey.trim() },
      /must be empty with/,
    ],
    [{ ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_GATE: 'proof-of-work' }, /^TOKEN_GATE must be none/],
    [{ ...whose, TOKEN_IDENTITY_JWKS_URL: 'ftp://shop' }, /^TOKEN_IDENTITY_JWKS_URL must be a URL/],
    [
      { ...whose, TOKEN_IDENTITY_PUBLIC_KEY: privateKey.trim() },
      /^TOKEN_IDENTITY_PUBLIC_KEY must be the public/,
    ],
    [
      { ...whose, TOKEN_IDENTITY_PUBLIC_KEY: 'secret' },
      /^TOKEN_IDENTITY_PUBLIC_KEY must be a public key in PEM/,
    ],
    [
      { TOKEN_IDENTITY_SIGN_IN_URL: 'https://shop.example/login' },
      /^TOKEN_IDENTITY_SIGN_IN_URL must be empty without/,
    ],
    [
      { ...whose, TOKEN_IDENTITY_JWKS_URL, TOKEN_IDENTITY_SIGN_IN_URL: 'javascript:alert(1)' },
      /^TOKEN_IDENTITY_SIGN_IN_URL must be a URL/,
    ],
  ])('refuses what opens more than was meant', (env, fault) => {
    expect(faultsOf(env)).toEqual([expect.stringMatching(fault)]);
  });

  it('warns of keys and assertions that anybody on the way may exchange, and of a page that signs nobody in', () => {
    const doubtsAt = (url: string, signIn = 'https://shop.example/login'): string[] => {
      const env = { ...whose, TOKEN_IDENTITY_JWKS_URL: url, TOKEN_IDENTITY_SIGN_IN_URL: signIn };
      return configDoubts(loadConfig(env), env);
    };
    expect(doubtsAt('http://shop.example/jwks')).toEqual([expect.stringContaining('not https')]);
    expect(doubtsAt('HTTP://shop.example/jwks')).toEqual([expect.stringContaining('not https')]);
    expect(doubtsAt('http://127.0.0.1:8000/jwks', 'http://127.0.0.1:8000/login')).toEqual([]);
    expect(doubtsAt(TOKEN_IDENTITY_JWKS_URL, 'http://shop.example/login')).toEqual([
      expect.stringMatching(/^TOKEN_IDENTITY_SIGN_IN_URL is not https/),
    ]);
    expect(doubtsAt(TOKEN_IDENTITY_JWKS_URL, '')).toEqual([
      expect.stringMatching(/^TOKEN_IDENTITY_SIGN_IN_URL is empty: the buyer’s page can sign nobody in/),
    ]);
  });
});
