import { hash } from 'node:crypto';

/** Bytes of a SHA-256. */
export const HASH_BYTES = 32;
/** Hashes of a tile (C2SP tlog-tiles): a tile holds eight levels of the tree. */
export const TILE_WIDTH = 256;

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** RFC 9162, 2.1.1 */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');
export const leafHash = (entry: Buffer): Buffer => hash('sha256', Buffer.concat([LEAF, entry]), 'buffer');
export const nodeHash = (left: Buffer, right: Buffer): Buffer =>
  hash('sha256', Buffer.concat([NODE, left, right]), 'buffer');

/** The root over hashes of complete subtrees of one size; their number is a power of two. */
export function completeRoot(hashes: readonly Buffer[]): Buffer {
  let level = hashes;
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i + 1 < level.length; i += 2)
      above.push(nodeHash(level[i] ?? EMPTY_ROOT, level[i + 1] ?? EMPTY_ROOT));
    level = above;
  }
  return level[0] ?? EMPTY_ROOT;
}

/** The hashes one after the other, as a tile has them. */
export const splitHashes = (bytes: Buffer): Buffer[] =>
  Array.from({ length: bytes.length / HASH_BYTES }, (_, i) =>
    bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
