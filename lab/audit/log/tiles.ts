import { leafHash, nodeHash } from './hashing.ts';
import { type Read, TILE, tilePath } from './source.ts';

const AT_ONCE = 16;

/**
 * Compares the tiles of hashes (C2SP tlog-tiles) with the entries. The verdict does not need them, but buyers' pages prove
 * by them that an entry is in the log.
 */
export class TileCheck {
  /** What is wrong, tile by tile. */
  readonly problems: string[] = [];
  /** By level: the hashes that no full tile has yet, and how many full tiles there were. */
  private readonly levels: { hashes: Buffer[]; full: number }[] = [];
  private reading: Promise<void>[] = [];
  private readonly read: Read;

  constructor(read: Read) {
    this.read = read;
  }

  async add(entry: Buffer): Promise<void> {
    this.push(0, leafHash(entry));
    if (this.reading.length >= AT_ONCE) await this.settle();
  }

  /** The tiles at the right edge as well. */
  async finish(): Promise<void> {
    for (const [level, { hashes, full }] of this.levels.entries())
      if (hashes.length > 0) this.compare(level, full, hashes);
    await this.settle();
  }

  private push(level: number, hash: Buffer): void {
    const own = (this.levels[level] ??= { hashes: [], full: 0 });
    own.hashes.push(hash);
    if (own.hashes.length < TILE) return;
    this.compare(level, own.full++, own.hashes);
    this.push(level + 1, rootOf(own.hashes));
    own.hashes = [];
  }

  private compare(level: number, index: number, hashes: Buffer[]): void {
    const path = tilePath(String(level), index, hashes.length);
    this.reading.push(
      this.read(path).then((tile) => {
        if (tile === undefined) this.problems.push(`${path} is not there`);
        else if (!tile.equals(Buffer.concat(hashes)))
          this.problems.push(`${path} does not have the hashes of the entries`);
      }),
    );
  }

  private async settle(): Promise<void> {
    await Promise.all(this.reading);
    this.reading = [];
  }
}

/** Of a full tile. */
function rootOf(hashes: Buffer[]): Buffer {
  const [first, second] = hashes;
  if (first === undefined || second === undefined) return first ?? Buffer.alloc(0);
  const half = hashes.length / 2;
  return nodeHash(rootOf(hashes.slice(0, half)), rootOf(hashes.slice(half)));
}
