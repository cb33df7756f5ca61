import { createHash } from 'node:crypto';

/** Leaf of an entry in the tree: its number, 8 bytes big-endian, and the SHA-256 of its token. */
export function registrantLeaf(seq: number, tokenHash: Buffer): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigUInt64BE(BigInt(seq));
  return Buffer.concat([number, tokenHash]);
}

/** The seed of a draw: SHA-256 over four lines of ASCII. */
export function seedOf(draw: { queueId: string; number: number; root: string; beacon: string }): string {
  const { queueId, number, root, beacon } = draw;
  return createHash('sha256')
    .update(`concert draw 1\n${queueId} ${number}\n${root}\n${beacon}\n`)
    .digest('hex');
}
