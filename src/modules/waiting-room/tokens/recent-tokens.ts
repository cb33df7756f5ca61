/** Slots for the entries seen once; a power of two. */
const SEEN = 65_536;

/**
 * Remembers verified tokens from the second time on, in two generations of at most `size`: when the young one is full
 * it becomes the old one, and the old one is forgotten. Tokens seen once are not remembered, because of more users than
 * fit each would be forgotten before it comes again: keeping them cost more in garbage collection than verifying them.
 * Tokens are found by their signature, which is shorter to hash than the whole token, and count only if the whole token
 * is the same.
 */
export class RecentTokens<Claims extends { seq: number }> {
  private young = new Map<string, { token: string; claims: Claims }>();
  private old: typeof this.young = new Map();
  /** The last entry seen, of all whose `seq` leads to the same slot. */
  private readonly seen = new Float64Array(SEEN);

  constructor(private readonly size: number) {}

  get(token: string): Claims | undefined {
    const signature = signatureOf(token);
    let found = this.young.get(signature);
    if (found === undefined) {
      found = this.old.get(signature);
      if (found === undefined) return undefined;
      this.put(signature, found);
    }
    return found.token === token ? found.claims : undefined;
  }

  /** To be called each time that a token was verified. */
  set(token: string, claims: Claims): void {
    const slot = claims.seq % SEEN;
    if (this.seen[slot] === claims.seq) this.put(signatureOf(token), { token, claims });
    this.seen[slot] = claims.seq;
  }

  private put(signature: string, entry: { token: string; claims: Claims }): void {
    if (this.young.size >= this.size) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(signature, entry);
  }
}

const signatureOf = (token: string): string => token.slice(token.lastIndexOf('.') + 1);
