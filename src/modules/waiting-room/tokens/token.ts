import { Unauthorized } from '../../../common/errors';
import { Hs256 } from '../../../platform/jwt';
import { RecentTokens } from './recent-tokens';

/** What a queue token says. Times are Redis' clock. */
export interface Claims {
  userId: number;
  /** Token id. */
  jti: string;
  /** Queue id. */
  queueId: string;
  /** Place in line. */
  seq: number;
  /** Generation of the sequence: raised whenever the queue's state had to be restored. */
  gen: number;
  /** Issued at, milliseconds. */
  iatMs: number;
  /** Issued at and end of life, seconds (RFC 7519). */
  iat: number;
  exp: number;
}

/** Nests the token's claims: neither can be taken for the other. */
interface StreamTokenClaims {
  purpose: 'queue-events';
  /** End of life by Redis' clock, milliseconds. */
  untilMs: number;
  token: Claims;
}

const LONGEST_TOKEN = 1024;
/** Two generations of so many: about 30 MB at most. */
const RECENT_TOKENS = 25_000;

/**
 * Signs and reads queue tokens and tickets. Whether a token has expired is not judged here but by the queue, with
 * Redis' clock: a wrong clock on this host must not throw anyone out.
 */
export class TokenCodec {
  private readonly jwt: Hs256;
  /** Verified before: a waiter polls with the same token again and again. */
  private readonly known = new RecentTokens<Claims>(RECENT_TOKENS);

  /** @param accepted a second secret, whose tokens are as good as our own; empty: none */
  constructor(secret: string, accepted = '') {
    this.jwt = new Hs256(secret, accepted);
  }

  /** The same place gives the same token, to the letter, until the secret changes. */
  sign(place: Omit<Claims, 'jti' | 'iat' | 'exp'>, lifeMs: number): string {
    const { userId, queueId, seq, gen, iatMs } = place;
    const iat = Math.floor(iatMs / 1000);
    const jti = `${queueId}-${gen}-${seq}`;
    return this.jwt.sign({
      userId,
      jti,
      queueId,
      seq,
      gen,
      iatMs,
      iat,
      exp: Math.ceil((iatMs + lifeMs) / 1000),
    });
  }

  /** @throws Unauthorized (401) when the token is malformed or not signed by us */
  read(token: string): Claims {
    const known = this.known.get(token);
    if (known !== undefined) return known;
    const claims = this.verify(token, 'queue token');
    if (!isClaims(claims)) throw new Unauthorized('The queue token is malformed.');
    this.known.set(token, claims);
    return claims;
  }

  /** A ticket for the holder of a token; good until `untilMs` (Redis' clock). */
  signStreamToken(token: Claims, untilMs: number): string {
    const ticket: StreamTokenClaims = { purpose: 'queue-events', untilMs: Math.floor(untilMs), token };
    return this.jwt.sign(ticket);
  }

  /** Of whose token the ticket is. @throws Unauthorized (401) when it is malformed, not signed by us or too old */
  readStreamToken(ticket: string, nowMs: number): Claims {
    const claims = this.verify(ticket, 'ticket');
    if (!isTicket(claims)) throw new Unauthorized('The ticket is malformed.');
    if (nowMs >= claims.untilMs) throw new Unauthorized('The ticket has expired: ask for a new one.');
    return claims.token;
  }

  private verify(text: string, what: string): unknown {
    const claims = text.length > LONGEST_TOKEN ? undefined : this.jwt.verify(text);
    if (claims === undefined) throw new Unauthorized(`The ${what} is malformed or not signed by us.`);
    return claims;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;

/** Signed by us is not enough: the secret may sign other things as well. */
function isClaims(value: unknown): value is Claims {
  return (
    isRecord(value) &&
    isCount(value.userId) &&
    isCount(value.seq) &&
    isCount(value.gen) &&
    isCount(value.iatMs) &&
    typeof value.queueId === 'string' &&
    typeof value.jti === 'string'
  );
}

function isTicket(value: unknown): value is StreamTokenClaims {
  return (
    isRecord(value) && value.purpose === 'queue-events' && isCount(value.untilMs) && isClaims(value.token)
  );
}
