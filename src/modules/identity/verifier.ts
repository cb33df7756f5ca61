import { errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Config } from '../../config/config';
import { DomainError } from '../../common/errors';
import { AssertionRefused, type Fault } from './errors';
import type { Keys } from './keys';

/** Whom the shop speaks of. */
export interface Subject {
  /** `sub`: the shop's own name of the user. */
  id: string;
  /** Queues that the user may enter; undefined: the main queue. */
  queues: readonly string[] | undefined;
}

export type AssertionRules = Pick<
  Config,
  | 'TOKEN_IDENTITY_ISSUER'
  | 'TOKEN_IDENTITY_AUDIENCE'
  | 'TOKEN_IDENTITY_MAX_AGE_SECONDS'
  | 'TOKEN_IDENTITY_CLOCK_TOLERANCE_SECONDS'
>;

/** Only signatures of key pairs: the public key is no secret, so it must never be taken for that of an HMAC. */
const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

const Claims = z.object({
  // Nothing that the database changes or does not compare (a blank at the end): two subjects must not become one.
  sub: z.string().regex(/^[^\p{Cc}\p{Cs}]{0,254}[^\p{Cc}\p{Cs} ]$/u),
  queues: z.array(z.string()).max(100).optional(),
});

/** Reads the shop's assertions: signed JSON Web Tokens (RFC 7519) about a user, meant for this product, and fresh. */
export class AssertionVerifier {
  constructor(
    private readonly keys: Keys,
    private readonly rules: AssertionRules,
  ) {}

  /**
   * @param nowMs Redis' clock
   * @throws AssertionRefused (401); Unavailable (503): the shop's keys cannot be fetched
   */
  async verify(assertion: string, nowMs: number): Promise<Subject> {
    const claims = Claims.safeParse(await this.payloadOf(assertion, nowMs));
    if (claims.success) return { id: claims.data.sub, queues: claims.data.queues };
    throw new AssertionRefused('bad_claim', claims.error.issues[0]?.path.map(String).join('.'));
  }

  private async payloadOf(assertion: string, nowMs: number): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(assertion, (header) => this.keys.find(header), {
        algorithms: ALGORITHMS,
        issuer: this.rules.TOKEN_IDENTITY_ISSUER,
        audience: this.rules.TOKEN_IDENTITY_AUDIENCE,
        clockTolerance: this.rules.TOKEN_IDENTITY_CLOCK_TOLERANCE_SECONDS,
        maxTokenAge: this.rules.TOKEN_IDENTITY_MAX_AGE_SECONDS,
        requiredClaims: ['sub', 'iat', 'exp'],
        currentDate: new Date(nowMs),
      });
      return payload;
    } catch (error) {
      throw error instanceof DomainError ? error : refusalOf(error);
    }
  }
}

const CLAIM_FAULTS: Record<string, Fault | undefined> = {
  iss: 'wrong_issuer',
  aud: 'wrong_audience',
  nbf: 'not_yet_valid',
  iat: 'not_yet_valid',
};

function refusalOf(error: unknown): AssertionRefused {
  if (error instanceof errors.JWTExpired) return new AssertionRefused('expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const fault = error.reason === 'check_failed' ? CLAIM_FAULTS[error.claim] : undefined;
    return fault === undefined ? new AssertionRefused('bad_claim', error.claim) : new AssertionRefused(fault);
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return new AssertionRefused('wrong_signature');
  if (error instanceof errors.JOSEAlgNotAllowed) return new AssertionRefused('wrong_algorithm');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return new AssertionRefused('unknown_key');
  return new AssertionRefused('malformed');
}
