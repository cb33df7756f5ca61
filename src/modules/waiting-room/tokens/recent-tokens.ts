/**
 * Remembers recently verified tokens in two generations of at most `size`. When the young generation is full it becomes
 * the old one, and the old one is forgotten. Tokens are found by their signature, which is shorter to hash than the
 * whole token, and count only if the whole token is the same.
 */
export class RecentTokens<Claims> {
  private young = new Map<string, { token: string; claims: Claims }>();
  private old: typeof this.young = new Map();

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

  set(token: string, claims: Claims): void {
    this.put(signatureOf(token), { token, claims });
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
