import type { SentProof } from '../../schema';
import type { SpentProof } from '../../state/results';

/** Everything by which a request for a token may pay. */
export interface GateRequest {
  userId: number;
  /** The queue that the token is for. */
  queueId: string;
  /** From the body. */
  proof: SentProof | undefined;
  /** The header of that name. */
  authorization: string | undefined;
  /** Redis’ clock, milliseconds. */
  nowMs: number;
  /** Generation of the main queue: Redis may have lost which proofs were spent in an earlier one. */
  gen: number;
}

export interface Passed {
  /** The proof that is spent when the entry is made. */
  proof: SpentProof;
  /** False: nobody could verify the proof, and the configuration lets it pass all the same. */
  isVerified: boolean;
}

/**
 * Longest time from the check of a proof to its spending: the hash may wait for its turn, and the request for a store.
 * A proof is remembered for longer than it is good by that, else it could be spent again at the end of its life.
 */
export const SPENDING_MS = 120_000;

/** A gate: the proof that a client must bring to get a token. */
export interface Gate {
  readonly name: 'proof-of-work' | 'turnstile' | 'privacy-pass';
  /**
   * Verifies what the client has sent, and spends nothing.
   * @throws GateRefused (403), PrivateTokenRefused (401), Unavailable (503): it cannot be verified now
   */
  verify(request: GateRequest): Passed | Promise<Passed>;
}
