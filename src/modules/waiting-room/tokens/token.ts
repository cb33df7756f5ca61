import { Unauthorized } from '../../../common/errors';
import { Hs256 } from '../../../platform/jwt';
import { type Blinding, tokenIdOf } from './blinding';
import { RecentTokens } from './recent-tokens';

/** Claims of a queue token. Times are by Redis' clock. */
export interface Claims {
  userId: number;
  /** Token id. */
  jti: string;
  /** Queue id. */
  queueId: string;
  /** Number of the entry in its queue. */
  seq: number;
  /** Generation of the sequence: raised whenever the queue's state had to be restored. */
  gen: number;
  /** Issued at, milliseconds. */
  iatMs: number;
  /** Issued at and end of life, seconds (RFC 7519). */
  iat: number;
  exp: number;
}

/** Nests the queue token's claims, so that neither token can pass for the other. */
interface StreamTokenClaims {
  purpose: 'queue-events';
  /** End of life by Redis' clock, milliseconds. */
  untilMs: number;
  token: Claims;
}

const MAX_TOKEN_LENGTH = 1024;
/** Per generation, of which there are two: about 30 MB at most. */
const RECENT_TOKENS = 25_000;

/**
 * Signs and reads queue tokens and stream tokens. It does not check whether a queue token has expired: the queue does, by
 * Redis' clock, so that a wrong clock on this host ends nobody's session.
 */
export class TokenCodec {
  private readonly jwt: Hs256;
  /** A waiting user polls with the same token many times: it is verified twice. */
  private readonly recent = new RecentTokens<Claims>(RECENT_TOKENS);

  /**
   * @param secondary a second secret whose tokens are accepted as well; empty: none
   * @param blinding what tokens carry by which their holders find themselves in the transparency log; undefined: nothing
   */
  constructor(
    secret: string,
    secondary = '',
    private readonly blinding?: Blinding,
  ) {
    this.jwt = new Hs256(secret, secondary);
  }

  /** The same entry gives the same token, to the letter, until the secret changes. */
  sign(entry: Omit<Claims, 'jti' | 'iat' | 'exp'>, lifeMs: number): string {
    const { userId, queueId, seq, gen, iatMs } = entry;
    const iat = Math.floor(iatMs / 1000);
    const jti = tokenIdOf(queueId, gen, seq);
    return this.jwt.sign({
      userId,
      jti,
      queueId,
      seq,
      gen,
      iatMs,
      iat,
      exp: Math.ceil((iatMs + lifeMs) / 1000),
      ...(this.blinding && { blinding: this.blinding.of(jti) }),
    });
  }

  /** @throws Unauthorized (401) when the token is malformed or not signed by us */
  read(token: string): Claims {
    const known = this.recent.get(token);
    if (known !== undefined) return known;
    const claims = withQueueId(this.verify(token, 'queue token'));
    if (!isClaims(claims)) throw new Unauthorized('The queue token is malformed.');
    this.recent.set(token, claims);
    return claims;
  }

  /** @param untilMs end of life by Redis' clock */
  signStreamToken(token: Claims, untilMs: number): string {
    const claims: StreamTokenClaims = { purpose: 'queue-events', untilMs: Math.floor(untilMs), token };
    return this.jwt.sign(claims);
  }

  /** The claims of the queue token behind it. @throws Unauthorized (401) when it is malformed, not signed by us or too old */
  readStreamToken(streamToken: string, nowMs: number): Claims {
    const claims = this.verify(streamToken, 'stream token');
    if (!isStreamTokenClaims(claims)) throw new Unauthorized('The stream token is malformed.');
    if (nowMs >= claims.untilMs) throw new Unauthorized('The stream token has expired: ask for a new one.');
    return claims.token;
  }

  private verify(text: string, what: string): unknown {
    const claims = text.length > MAX_TOKEN_LENGTH ? undefined : this.jwt.verify(text);
    if (claims === undefined) throw new Unauthorized(`The ${what} is malformed or not signed by us.`);
    return claims;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;

/** Tokens issued by version 0.1 name the queue `q`: their users keep their entries over the upgrade. */
const withQueueId = (value: unknown): unknown =>
  isRecord(value) && typeof value.q === 'string' ? { ...value, queueId: value.q } : value;

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

function isStreamTokenClaims(value: unknown): value is StreamTokenClaims {
  return (
    isRecord(value) && value.purpose === 'queue-events' && isCount(value.untilMs) && isClaims(value.token)
  );
}
