import { hash } from 'node:crypto';

/** 132 bits: nobody finds a commitment's user by trying all of them. */
const BLINDING_CHARS = 22;

/** What a token id names: its entry. */
export const tokenIdOf = (queueId: string, gen: number, seq: number): string => `${queueId}-${gen}-${seq}`;

/**
 * What hides the user of a token in the transparency log: a number that follows from a secret and the token id, and that
 * the token carries to its holder.
 */
export class Blinding {
  private readonly key: string;

  constructor(secret: string) {
    this.key = hash('sha256', `blinding of queue tokens\n${secret}`, 'base64url');
  }

  of(tokenId: string): string {
    return hash('sha256', `${this.key}\n${tokenId}`, 'base64url').slice(0, BLINDING_CHARS);
  }

  /**
   * The blinded hash of a token, as its leaf has it: SHA-256 over four lines. It names the user as well, so that one
   * entry cannot be given to two of them: only one finds itself in the log.
   */
  commitment(tokenId: string, userId: string): string {
    const lines = ['concert-queue-token/1', tokenId, userId, this.of(tokenId)];
    return hash('sha256', lines.join('\n'), 'base64');
  }
}
