import type { RequestListener } from 'node:http';
import { generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { freePort } from '../../../scripts/lib/ports';
import { LocalServer } from './local-server';

export const ISSUER = 'https://shop.example';
export const AUDIENCE = 'concert-queue';

export interface ShopKey {
  kid: string;
  alg: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

type Pair = Pick<ShopKey, 'privateKey' | 'publicKey'>;
const MAKE: Record<string, ((rsaBits: number) => Pair) | undefined> = {
  RS256: (modulusLength) => generateKeyPairSync('rsa', { modulusLength }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};

let count = 0;

/** A new pair of keys. */
export function shopKey(alg = 'EdDSA', rsaBits = 2048): ShopKey {
  const pair = MAKE[alg]?.(rsaBits);
  if (pair === undefined) throw new Error(`no key of ${alg}`);
  return { kid: `key-${++count}`, alg, ...pair };
}

export const pemOf = ({ publicKey }: ShopKey): string =>
  publicKey.export({ type: 'spki', format: 'pem' }).toString().trim();

export const jwkOf = ({ publicKey, kid }: ShopKey, more: object = {}): JsonWebKey => ({
  ...publicKey.export({ format: 'jwk' }),
  kid,
  use: 'sig',
  ...more,
});

/**
 * An assertion of the shop, right unless said otherwise.
 * @param said claims; `undefined` leaves one out; times are seconds from now @param header replaces fields of it
 */
export async function assertion(
  key: ShopKey,
  said: Record<string, unknown> = {},
  header: { kid?: string | undefined; alg?: string; typ?: string } = {},
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims: Record<string, unknown> = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'user-1',
    iat: 0,
    exp: 60,
    ...said,
  };
  const payload: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(claims)) {
    const isTime = ['iat', 'exp', 'nbf'].includes(name) && typeof value === 'number';
    if (value !== undefined) payload[name] = isTime ? now + value : value;
  }
  const { kid = key.kid, ...rest } = header;
  const hasKid = !('kid' in header) || header.kid !== undefined;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, ...rest, ...(hasKid && { kid }) })
    .sign(key.privateKey);
}

/** Base64url of JSON. */
export const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The shop's server, which publishes keys. */
export class KeyServer extends LocalServer {
  fetches = 0;
  keys: JsonWebKey[] = [];
  override answer: RequestListener = (_req, res) => {
    res.setHeader('content-type', 'application/jwk-set+json');
    res.end(JSON.stringify({ keys: this.keys }));
  };
  readonly publish = this.answer;
  private ownPort = 0;

  get url(): string {
    return `http://127.0.0.1:${this.ownPort}/jwks`;
  }

  override async open(): Promise<this> {
    if (this.ownPort === 0) this.ownPort = await freePort(); // which nobody is given while it is closed
    return super.open(this.ownPort);
  }

  protected override receive(...exchange: Parameters<RequestListener>): void {
    this.fetches++;
    super.receive(...exchange);
  }
}
