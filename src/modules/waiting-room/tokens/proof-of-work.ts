import { createHash } from 'node:crypto';
import { Hs256 } from '../../../platform/jwt';
import { ProofOfWorkRefused } from '../errors';
import type { IssuedChallenge, Proof } from '../schema';
import type { SpentProof } from '../state/results';

/** Time to solve it, for the slowest phone as well. */
const CHALLENGE_SECONDS = 120;
const MAX_CHALLENGE_LENGTH = 512;

interface ChallengeClaims {
  purpose: 'queue-challenge';
  userId: number;
  bits: number;
  /** End of life by Redis' clock, milliseconds. */
  untilMs: number;
  /** Generation of the main queue: Redis may have lost which proofs were spent in an earlier one. Older versions had none. */
  gen?: number;
}

/**
 * Proof of work against bots that ask for tokens by the thousand (hashcash): a token costs a nonce with which SHA-256 of
 * `<challenge>.<nonce>` begins with `bits` zero bits. Finding one takes 2^bits hashes on average, checking it takes one.
 * Challenges are signed and stored nowhere. A challenge is valid for its user and for two minutes. Its proof is spent
 * once: sent again, it gives the same entry as long as that is live, and never another one.
 */
export class ProofOfWork {
  private readonly jwt: Hs256;

  /** @param bits 0: no proof is required */
  constructor(
    readonly bits: number,
    secret: string,
    accepted = '',
  ) {
    this.jwt = new Hs256(secret, accepted);
  }

  /** @param nowMs Redis' clock @param gen generation of the main queue */
  issue(userId: number, nowMs: number, gen: number): IssuedChallenge {
    const untilMs = Math.ceil(nowMs) + CHALLENGE_SECONDS * 1000;
    const claims: ChallengeClaims = { purpose: 'queue-challenge', userId, bits: this.bits, untilMs, gen };
    return { challenge: this.jwt.sign(claims), bits: this.bits, expiresInSeconds: CHALLENGE_SECONDS };
  }

  /**
   * Checks a proof, which is not spent by it.
   * @throws ProofOfWorkRefused (403) unless the proof is this user's and valid
   */
  check(userId: number, proof: Proof | undefined, nowMs: number, gen: number): SpentProof {
    if (proof === undefined) throw new ProofOfWorkRefused('There is no proof of work');
    const { challenge, nonce } = proof;
    const claims = challenge.length > MAX_CHALLENGE_LENGTH ? undefined : this.jwt.verify(challenge);
    if (!isChallenge(claims) || claims.userId !== userId)
      throw new ProofOfWorkRefused('The challenge is not yours');
    if (nowMs >= claims.untilMs || (claims.gen ?? gen) !== gen)
      throw new ProofOfWorkRefused('The challenge has expired');
    if (zeroBits(challenge, nonce) < claims.bits)
      throw new ProofOfWorkRefused('The nonce does not solve the challenge');
    return { id: `${userId}-${claims.untilMs}`, lifeMs: CHALLENGE_SECONDS * 1000 };
  }
}

/** Zero bits at the beginning of the hash. */
export function zeroBits(challenge: string, nonce: string): number {
  const hash = createHash('sha256').update(`${challenge}.${nonce}`).digest();
  const byte = hash.findIndex((one) => one !== 0);
  return byte === -1 ? hash.length * 8 : byte * 8 + Math.clz32(hash.readUInt8(byte)) - 24;
}

/** The secret signs other things as well. */
const isChallenge = (value: unknown): value is ChallengeClaims =>
  typeof value === 'object' && value !== null && 'purpose' in value && value.purpose === 'queue-challenge';
