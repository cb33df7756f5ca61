import { LRUCache } from 'lru-cache';
import { Hs256 } from '../../../../platform/jwt';
import { GateRefused } from '../../errors';
import type { IssuedChallenge } from '../../schema';
import { type Argon2, argon2id, MEMORY_KIB, zeroBits } from './argon2';
import { type Gate, type GateRequest, type Passed, SPENDING_MS } from './gate';
import { Limited } from './limited';

/** Time to solve it, for the slowest phone as well. */
const CHALLENGE_SECONDS = 120;
const MAX_CHALLENGE_LENGTH = 512;

/** Half of libuv's threads stay free for what else needs one. */
const MAX_AT_ONCE = { running: 2, waiting: 100 };
const MAX_REFUTED = 10_000;

interface ChallengeClaims {
  purpose: 'queue-challenge';
  userId: number;
  bits: number;
  /** Memory of each hash. Challenges of older versions, whose hash was SHA-256, have none. */
  kib: number;
  /** End of life by Redis' clock, milliseconds. */
  untilMs: number;
  gen: number;
}

interface Options {
  /** Of new challenges. */
  bits: () => number;
  secret: string;
  accepted?: string;
  hash?: Argon2;
}

/**
 * Proof of work against bots that ask for tokens by the thousand: a token costs a nonce with which the Argon2id hash of
 * (nonce, challenge) begins with `bits` zero bits. Finding one takes 2^bits hashes of 1 MiB each on average, checking it
 * takes one. Challenges are signed and stored nowhere. A challenge is valid for its user and for two minutes, and for one
 * try. Its proof is spent once: sent again, it gives the same entry as long as that is live, and never another one.
 */
export class ProofOfWork implements Gate {
  readonly name = 'proof-of-work';
  private readonly jwt: Hs256;
  private readonly hash: Argon2;
  private readonly hashing = new Limited(MAX_AT_ONCE, 'The check of the proof of work');
  /** Challenges with a wrong nonce: each hash that this process does for nothing costs its sender a new challenge. */
  private readonly refuted = new LRUCache<string, true>({ max: MAX_REFUTED });

  constructor(private readonly options: Options) {
    this.jwt = new Hs256(options.secret, options.accepted);
    this.hash = options.hash ?? argon2id;
  }

  /** Difficulty of new challenges. */
  get bits(): number {
    return this.options.bits();
  }

  /** @param nowMs Redis' clock @param gen generation of the main queue */
  issue(userId: number, nowMs: number, gen: number): IssuedChallenge {
    const untilMs = Math.ceil(nowMs) + CHALLENGE_SECONDS * 1000;
    const { bits } = this;
    const claims: ChallengeClaims = {
      purpose: 'queue-challenge',
      userId,
      bits,
      kib: MEMORY_KIB,
      untilMs,
      gen,
    };
    const challenge = this.jwt.sign(claims);
    return { challenge, bits, memoryKib: MEMORY_KIB, expiresInSeconds: CHALLENGE_SECONDS };
  }

  /** All that costs little is checked before the hash. */
  async verify({ userId, proof, nowMs, gen }: GateRequest): Promise<Passed> {
    const { challenge, nonce } = proof ?? {};
    if (challenge === undefined || nonce === undefined) throw refused('There is no proof of work');
    const claims = challenge.length > MAX_CHALLENGE_LENGTH ? undefined : this.jwt.verify(challenge);
    if (!isChallenge(claims) || claims.userId !== userId) throw refused('The challenge is not yours');
    if (nowMs >= claims.untilMs || claims.gen !== gen) throw refused('The challenge has expired');
    if (!(await this.isSolved(challenge, nonce, claims.bits)))
      throw refused('The nonce does not solve the challenge');
    const id = `${userId}-${claims.untilMs}`;
    return { proof: { id, lifeMs: CHALLENGE_SECONDS * 1000 + SPENDING_MS }, isVerified: true };
  }

  private async isSolved(challenge: string, nonce: string, bits: number): Promise<boolean> {
    if (this.refuted.has(challenge)) return false;
    return this.hashing.run(async () => {
      if (this.refuted.has(challenge)) return false; // another request has tried it meanwhile
      const isSolved = zeroBits(await this.hash(nonce, challenge)) >= bits;
      if (!isSolved) this.refuted.set(challenge, true);
      return isSolved;
    });
  }
}

const refused = (why: string): GateRefused =>
  new GateRefused(`${why}: solve a challenge of POST /v1/api/queue/challenge and send it as proof.`);

/** The secret signs other things as well. */
const isChallenge = (value: unknown): value is ChallengeClaims =>
  typeof value === 'object' &&
  value !== null &&
  'purpose' in value &&
  value.purpose === 'queue-challenge' &&
  'kib' in value &&
  value.kib === MEMORY_KIB;
