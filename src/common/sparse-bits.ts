const CHUNK = 65_536;

/** A set of whole numbers, a bit each, in chunks that are made when first needed. */
export class SparseBits {
  private readonly chunks = new Map<number, Uint8Array>();

  add(n: number): void {
    const id = Math.floor(n / CHUNK);
    let chunk = this.chunks.get(id);
    if (chunk === undefined) this.chunks.set(id, (chunk = new Uint8Array(CHUNK / 8)));
    const bit = n % CHUNK;
    chunk[bit >>> 3] = (chunk[bit >>> 3] ?? 0) | (1 << (bit & 7));
  }

  has(n: number): boolean {
    const bit = n % CHUNK;
    return ((this.chunks.get(Math.floor(n / CHUNK))?.[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }
}
