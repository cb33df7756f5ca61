import { createSigner, createVerifier } from 'fast-jwt';
import { z } from 'zod';
import { Unauthorized } from '../../errors';
import { RecentTokens } from './recent-tokens';

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

/** Nests the token's claims: neither can be taken for the other. */
const TicketClaims = z.object({
  purpose: z.literal('queue-events'),
  /** End of life by Redis' clock, milliseconds. */
  untilMs: z.int(),
  token: Claims,
});

const LONGEST_TOKEN = 1024;
/** Two generations of so many: about 30 MB at most. */
const RECENT_TOKENS = 25_000;

/**
 * Signs and reads queue tokens and tickets: JWT, HS256 only. Whether a token has expired is not judged here but by the queue,
 * with Redis' clock: a wrong clock on this host must not throw anyone out.
 */
export class TokenCodec {
  private readonly signToken: (claims: object) => string;
  private readonly verifyToken: (token: string) => unknown;
  /** Verified before: a waiter polls with the same token again and again. */
  private readonly known = new RecentTokens<Claims>(RECENT_TOKENS);

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
    const claims = Claims.safeParse(this.verify(token, 'queue token'));
    if (!claims.success) throw new Unauthorized('The queue token is malformed.');
    this.known.set(token, claims.data);
    return claims.data;
  }
  /** A ticket for the holder of a token; good until `untilMs` (Redis' clock). */
  signTicket(token: Claims, untilMs: number): string {
    const ticket: z.infer<typeof TicketClaims> = {
      purpose: 'queue-events',
      untilMs: Math.floor(untilMs),
      token,
    };
    return this.signToken(ticket);
  }

  /** Of whose token the ticket is. @throws Unauthorized (401) when it is malformed, not signed by us or too old */
  readTicket(ticket: string, nowMs: number): Claims {
    const claims = TicketClaims.safeParse(this.verify(ticket, 'ticket'));
    if (!claims.success) throw new Unauthorized('The ticket is malformed.');
    if (nowMs >= claims.data.untilMs) throw new Unauthorized('The ticket has expired: ask for a new one.');
    return claims.data.token;
  }

  private verify(text: string, what: string): unknown {
    if (text.length > LONGEST_TOKEN) throw new Unauthorized(`The ${what} is malformed.`);
    try {
      return this.verifyToken(text);
    } catch {
      throw new Unauthorized(`The ${what} is malformed or not signed by us.`);
    }
  }
}
