import { completeRoot, HASH_BYTES, nodeHash, TILE_WIDTH } from './hash';

/** The hashes of a tile as far as the tree has them; at least `width`. */
export type ReadTile = (level: number, index: number, width: number) => Promise<Buffer>;

const TILE_HEIGHT = 8;

/** Makes proofs about a tree of a fixed size from its tiles. */
export class TileProver {
  constructor(
    private readonly size: number,
    private readonly readTile: ReadTile,
  ) {}

  /** The inclusion proof of a leaf, from the bottom up (RFC 9162, 2.1.3.1). */
  async inclusion(leafIndex: number): Promise<Buffer[]> {
    const proof: Promise<Buffer>[] = [];
    let [from, to] = [0, this.size];
    while (to - from > 1) {
      const middle = from + largestPowerBelow(to - from);
      if (leafIndex < middle) {
        proof.unshift(this.rangeRoot(middle, to));
        to = middle;
      } else {
        proof.unshift(this.rangeRoot(from, middle));
        from = middle;
      }
    }
    return Promise.all(proof);
  }

  /** The root over the leaves [from, to); `from` is a multiple of the largest complete subtree in it. */
  private async rangeRoot(from: number, to: number): Promise<Buffer> {
    const count = to - from;
    const half = count === 1 ? 1 : largestPowerBelow(count);
    if (count === 1 || half * 2 === count) return this.completeSubtree(from, count);
    return nodeHash(await this.rangeRoot(from, from + half), await this.rangeRoot(from + half, to));
  }

  private async completeSubtree(from: number, count: number): Promise<Buffer> {
    const height = Math.log2(count);
    const level = Math.floor(height / TILE_HEIGHT);
    const first = from / TILE_WIDTH ** level;
    const width = 2 ** (height % TILE_HEIGHT);
    const offset = first % TILE_WIDTH;
    const tile = await this.readTile(level, Math.floor(first / TILE_WIDTH), offset + width);
    const hashes = Array.from({ length: width }, (_, i) =>
      tile.subarray((offset + i) * HASH_BYTES, (offset + i + 1) * HASH_BYTES),
    );
    return completeRoot(hashes);
  }
}

/** The largest power of two that is smaller than n, for n > 1. */
function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}
