import { createSigner, createVerifier } from 'fast-jwt';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { Unauthorized } from '../../errors';

/** What a queue token says. Times are Redis' clock. */
export const Claims = z.object({
  userId: z.int().min(1),
  /** Token id. */
  jti: z.string().min(1),
  /** Queue id. */
  q: z.string().min(1),
  /** Place in line. */
  seq: z.int().min(1),
  /** Generation of the sequence: raised whenever the queue's state had to be restored. */
  gen: z.int().min(1),
  /** Issued at, milliseconds. */
  iatMs: z.int().min(0),
  /** Issued at and end of life, seconds (RFC 7519). */
  iat: z.int().min(0),
  exp: z.int().min(0),
});
export type Claims = z.infer<typeof Claims>;

const LONGEST_TOKEN = 1024;

/**
 * Signs and reads queue tokens: JWT, HS256 only. Whether a token has expired is not judged here but by the queue,
 * with Redis' clock: a wrong clock on this host must not throw anyone out.
 */
export class TokenCodec {
  private readonly signToken: (claims: Claims) => string;
  private readonly verifyToken: (token: string) => unknown;
  /** Verified before: a waiter polls with the same token again and again. */
  private readonly known = new LRUCache<string, Claims>({ max: 20_000 });

  constructor(secret: string) {
    this.signToken = createSigner({ key: secret, algorithm: 'HS256' });
    this.verifyToken = createVerifier({ key: secret, algorithms: ['HS256'], ignoreExpiration: true });
  }

  /** The same place gives the same token, to the letter. */
  sign(place: Omit<Claims, 'jti' | 'iat' | 'exp'>, lifeMs: number): string {
    const { userId, q, seq, gen, iatMs } = place;
    const iat = Math.floor(iatMs / 1000);
    const jti = `${q}-${gen}-${seq}`;
    return this.signToken({ userId, jti, q, seq, gen, iatMs, iat, exp: Math.ceil((iatMs + lifeMs) / 1000) });
  }

  /** @throws Unauthorized (401) when the token is malformed or not signed by us */
  read(token: string): Claims {
    const known = this.known.get(token);
    if (known !== undefined) return known;
    if (token.length > LONGEST_TOKEN) throw new Unauthorized('The queue token is malformed.');
    let payload: unknown;
    try {
      payload = this.verifyToken(token);
    } catch {
      throw new Unauthorized('The queue token is malformed or not signed by us.');
    }
    const claims = Claims.safeParse(payload);
    if (!claims.success) throw new Unauthorized('The queue token is malformed.');
    this.known.set(token, claims.data);
    return claims.data;
  }
}
