import { createHmac } from 'node:crypto';
import { PrivateTokenRefused } from '../../errors';
import type { PrivacyPassKey } from '../../../../config/privacy-pass-key';
import { type Gate, type GateRequest, type Passed, SPENDING_MS } from './gate';
import { base64url, encodeChallenge, isSigned, readPrivateToken, sha256 } from './private-token';

/** A challenge is accepted in its window and in the next one. */
const WINDOW_MS = 300_000;

interface Options {
  issuer: string;
  origin: string;
  /** The first one is named in challenges; tokens of the others are accepted. */
  keys: [PrivacyPassKey, ...PrivacyPassKey[]];
  /** They make the contexts of challenges, which are stored nowhere. */
  secrets: [string, ...string[]];
}

/**
 * A token costs a Private Access Token: the client's device gets one from the issuer, which signs it blindly, so that
 * neither can tell who was here. Each challenge is bound to the queue and to five minutes by its context, so nobody
 * collects tokens ahead, or for another queue.
 */
export class PrivacyPass implements Gate {
  readonly name = 'privacy-pass';

  constructor(private readonly options: Options) {}

  verify({ authorization, queueId, nowMs, gen }: GateRequest): Passed {
    const window = Math.floor(nowMs / WINDOW_MS);
    const { secrets, keys } = this.options;
    const refused = (why: string): PrivateTokenRefused =>
      new PrivateTokenRefused(why, this.authenticate(this.challenge(secrets[0], { queueId, gen, window })));
    const token = readPrivateToken(authorization);
    if (token === undefined) throw refused('There is no Private Access Token');
    const isOurs = secrets.some((secret) =>
      [window, window - 1].some((at) =>
        sha256(this.challenge(secret, { queueId, gen, window: at })).equals(token.challengeDigest),
      ),
    );
    if (!isOurs) throw refused('The token is for another challenge, or too old');
    const key = keys.find(({ id }) => id.equals(token.keyId));
    if (key === undefined || !isSigned(token, key.key)) throw refused('The token is not of the issuer');
    return {
      proof: {
        id: `privacy-pass-${sha256(token.input).toString('hex')}`,
        lifeMs: 2 * WINDOW_MS + SPENDING_MS,
      },
      isVerified: true,
    };
  }

  private challenge(
    secret: string,
    { queueId, gen, window }: { queueId: string; gen: number; window: number },
  ): Buffer {
    const { issuer, origin } = this.options;
    const context = createHmac('sha256', secret).update(`privacy-pass ${queueId} ${gen} ${window}`).digest();
    return encodeChallenge({ issuer, context, origin });
  }

  /** RFC 9577, 2.1. */
  private authenticate(challenge: Buffer): string {
    const [{ der }] = this.options.keys;
    const seconds = WINDOW_MS / 1000;
    return `PrivateToken challenge="${base64url(challenge)}", token-key="${base64url(der)}", max-age="${seconds}"`;
  }
}
