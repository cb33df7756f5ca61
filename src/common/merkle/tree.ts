import { completeRoot, EMPTY_ROOT, nodeHash, TILE_WIDTH } from './hash';

/** A tile that is full, and so never changes. */
export interface FullTile {
  level: number;
  index: number;
  hashes: Buffer;
  /** The root of the subtree that it covers: a hash of the tile above. */
  root: Buffer;
}

/**
 * The right edge of a Merkle tree (RFC 9162) in tiles: all that is needed to let it grow. `edge[l]` holds the hashes of
 * the tile of level l that is not full yet.
 */
export class GrowingTree {
  constructor(
    public size = 0,
    private readonly edge: Buffer[][] = [],
  ) {}

  /** @returns the tiles that have become full */
  append(hash: Buffer): FullTile[] {
    const full: FullTile[] = [];
    this.size++;
    for (let level = 0, count = this.size, added = hash; ; level++) {
      const hashes = (this.edge[level] ??= []);
      hashes.push(added);
      if (hashes.length < TILE_WIDTH) return full;
      count /= TILE_WIDTH;
      added = completeRoot(hashes);
      full.push({ level, index: count - 1, hashes: Buffer.concat(hashes), root: added });
      this.edge[level] = [];
    }
  }

  /** The root over all leaves: the complete subtrees of the edge, folded from the right. */
  root(): Buffer {
    let root: Buffer | undefined;
    for (const hashes of this.edge)
      for (const peak of peaksOf(hashes).reverse()) root = root === undefined ? peak : nodeHash(peak, root);
    return root ?? EMPTY_ROOT;
  }
}

/** The roots of the complete subtrees over these hashes, the largest first. */
function peaksOf(hashes: readonly Buffer[]): Buffer[] {
  const peaks = [];
  for (let from = 0, width = TILE_WIDTH; from < hashes.length; width /= 2) {
    if (from + width > hashes.length) continue;
    peaks.push(completeRoot(hashes.slice(from, from + width)));
    from += width;
  }
  return peaks;
}
