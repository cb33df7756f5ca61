import { createHash, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

const headerOf = (fields: object): string => `${Buffer.from(JSON.stringify(fields)).toString('base64url')}.`;

/** Without a key id, as other libraries sign: tried with each key. */
const PLAIN = headerOf({ alg: 'HS256', typ: 'JWT' });
const SIGNATURE_CHARS = 43;
const SHORTEST = PLAIN.length + 1 + SIGNATURE_CHARS;

/** A secret, and the one header of its tokens: any other, `alg: none` included, is not ours. */
class Key {
  readonly header: string;
  private readonly secret: KeyObject;

  constructor(secret: string) {
    this.secret = createSecretKey(secret, 'utf8');
    const kid = createHash('sha256').update(`kid ${secret}`).digest('base64url').slice(0, 8);
    this.header = headerOf({ alg: 'HS256', typ: 'JWT', kid });
  }

  signature(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url');
  }

  hasSigned(token: string, dot: number): boolean {
    // As UTF-8: latin1 would keep the low byte of each character alone, and other letters would be taken for ours.
    const given = Buffer.from(token.slice(dot + 1), 'utf8');
    const wanted = Buffer.from(this.signature(token.slice(0, dot)), 'utf8');
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

/**
 * JSON Web Tokens in compact form with HS256 (RFC 7515, 7518, 7519), and nothing else of the standard: a waiting room
 * verifies tens of thousands a second, which costs three times as much with the general libraries (ADR 0009). The key
 * id (`kid`) comes of the secret itself, so that the right one of two is known without trying both.
 */
export class Hs256 {
  private readonly keys: [Key, ...Key[]];

  /** @param secret signs @param accepted a second one, with which tokens may be signed as well; empty: none */
  constructor(secret: string, accepted = '') {
    this.keys = [new Key(secret), ...(accepted === '' ? [] : [new Key(accepted)])];
  }

  sign(claims: object): string {
    const [key] = this.keys;
    const signed = key.header + Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${signed}.${key.signature(signed)}`;
  }

  /** The claims, unchecked but for the signature; undefined when the token is malformed or not signed with our keys. */
  verify(token: string): unknown {
    const dot = token.length - SIGNATURE_CHARS - 1;
    if (token.length < SHORTEST || token.charCodeAt(dot) !== 0x2e) return undefined;
    for (const key of this.keys) {
      const header = token.startsWith(key.header) ? key.header : PLAIN;
      if (token.startsWith(header) && key.hasSigned(token, dot))
        return parse(token.slice(header.length, dot));
    }
    return undefined;
  }
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return undefined; // signed with our key, and yet no JSON: not by this product
  }
}
