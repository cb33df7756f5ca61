import { type Bytes, joined, sha256 } from './bytes';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const WIDTH = 256;
const HEIGHT = 8;
const HASH_BYTES = 32;

/** The bytes of a file of the log; undefined: there is no such file. */
export type Read = (path: string) => Promise<Bytes | undefined>;

/** A file of the log is not what the log's size says it is. */
export class BadTile extends Error {}

/** RFC 9162, 2.1.1 */
export const leafHash = (leaf: Bytes): Promise<Bytes> => sha256(joined(LEAF, leaf));
const nodeHash = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(joined(NODE, left, right));

/** The tree of a log of this size, as its tiles have it (RFC 9162; C2SP tlog-tiles). */
export class Tree {
  private readonly tiles = new Map<string, Promise<Bytes>>();

  constructor(
    private readonly size: number,
    private readonly read: Read,
  ) {}

  /** @throws BadTile */
  async leaf(index: number): Promise<Bytes> {
    const bundle = await this.file('entries', 0, Math.floor(index / WIDTH));
    let at = 0;
    for (let i = 0; at + 2 <= bundle.length; i++) {
      const end = at + 2 + ((bundle[at] ?? 0) << 8) + (bundle[at + 1] ?? 0);
      if (i === index % WIDTH && end <= bundle.length) return bundle.slice(at + 2, end);
      at = end;
    }
    throw new BadTile('A bundle is too short.');
  }

  /**
   * The root that follows from a leaf and the hashes beside its way up.
   * @param proof gets these hashes, from the bottom up (RFC 9162, 2.1.3.1)
   * @throws BadTile
   */
  rootFrom(hash: Bytes, index: number, proof: Bytes[]): Promise<Bytes> {
    const above = async (from: number, to: number): Promise<Bytes> => {
      if (to - from === 1) return hash;
      const middle = from + largestPowerBelow(to - from);
      const isLeft = index < middle;
      const own = await (isLeft ? above(from, middle) : above(middle, to));
      const other = await (isLeft ? this.rangeRoot(middle, to) : this.rangeRoot(from, middle));
      proof.push(other);
      return isLeft ? nodeHash(own, other) : nodeHash(other, own);
    };
    return above(0, this.size);
  }

  /** The root over the leaves [from, to); `from` is a multiple of the largest complete subtree in it. */
  private async rangeRoot(from: number, to: number): Promise<Bytes> {
    const count = to - from;
    const half = count === 1 ? 1 : largestPowerBelow(count);
    if (count === 1 || half * 2 === count) return this.completeSubtree(from, count);
    return nodeHash(await this.rangeRoot(from, from + half), await this.rangeRoot(from + half, to));
  }

  private async completeSubtree(from: number, count: number): Promise<Bytes> {
    const height = Math.log2(count);
    const level = Math.floor(height / HEIGHT);
    const first = from / WIDTH ** level;
    const tile = await this.file(String(level), level, Math.floor(first / WIDTH));
    const offset = first % WIDTH;
    let hashes = Array.from({ length: 2 ** (height % HEIGHT) }, (_, i) =>
      tile.slice((offset + i) * HASH_BYTES, (offset + i + 1) * HASH_BYTES),
    );
    while (hashes.length > 1)
      hashes = await Promise.all(
        Array.from({ length: hashes.length / 2 }, (_, i) =>
          nodeHash(hashes[2 * i] ?? LEAF, hashes[2 * i + 1] ?? LEAF),
        ),
      );
    return hashes[0] ?? LEAF;
  }

  private file(name: string, level: number, index: number): Promise<Bytes> {
    const width = Math.min(WIDTH, Math.floor(this.size / WIDTH ** level) - index * WIDTH);
    const path = `tile/${name}/${numbered(index)}${width === WIDTH ? '' : `.p/${width}`}`;
    const known = this.tiles.get(path) ?? this.read(path).then(present);
    this.tiles.set(path, known);
    return known;
  }
}

function present(bytes: Bytes | undefined): Bytes {
  if (bytes === undefined) throw new BadTile('A tile is not there.');
  return bytes;
}

/** `1234067` is `x001/x234/067`. */
function numbered(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** The largest power of two that is smaller than n, for n > 1. */
function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}
