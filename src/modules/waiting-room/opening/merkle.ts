import { createHash } from 'node:crypto';

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

const sha256 = (...parts: Buffer[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The Merkle tree hash of RFC 9162, 2.1.1, built as the leaves come: it keeps a hash for each bit of their count. */
export class MerkleTree {
  /** Hashes of complete subtrees, the largest first. */
  private readonly complete: { size: number; hash: Buffer }[] = [];
  size = 0;

  add(leaf: Buffer): void {
    let [size, hash] = [1, sha256(LEAF, leaf)];
    for (let last = this.complete.at(-1); last?.size === size; last = this.complete.at(-1)) {
      this.complete.pop();
      hash = sha256(NODE, last.hash, hash);
      size *= 2;
    }
    this.complete.push({ size, hash });
    this.size++;
  }

  /** Of the leaves so far; without any, the hash of nothing. */
  get root(): Buffer {
    const [...hashes] = this.complete.map(({ hash }) => hash);
    const last = hashes.pop();
    if (last === undefined) return sha256();
    return hashes.reduceRight((right, left) => sha256(NODE, left, right), last);
  }
}

/** What the tree has of an entry: its number, 8 bytes big-endian, and the SHA-256 of its token. */
export function registrantLeaf(seq: number, tokenHash: Buffer): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  return Buffer.concat([number, tokenHash]);
}

/** The seed of a draw: SHA-256 over four lines of ASCII. */
export function seedOf(draw: { queueId: string; number: number; root: string; beacon: string }): string {
  const { queueId, number, root, beacon } = draw;
  return sha256(Buffer.from(`concert draw 1\n${queueId} ${number}\n${root}\n${beacon}\n`)).toString('hex');
}
