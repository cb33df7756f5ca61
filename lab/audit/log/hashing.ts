import { hash } from 'node:crypto';

const [LEAF, NODE] = [Buffer.of(0), Buffer.of(1)];
export const sha256 = (bytes: Buffer | string): Buffer => hash('sha256', bytes, 'buffer');

/** RFC 9162, 2.1.1. */
export const leafHash = (entry: Buffer): Buffer => sha256(Buffer.concat([LEAF, entry]));
export const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.concat([NODE, left, right]));

/** RFC 9162, 2.1.1, over a growing list: a hash for each complete subtree, as many as the size has bits. */
export class RunningRoot {
  size = 0;
  private readonly subtrees: { size: number; hash: Buffer }[] = [];

  add(entry: Buffer): void {
    let right = { size: 1, hash: leafHash(entry) };
    for (let left = this.subtrees.at(-1); left?.size === right.size; left = this.subtrees.at(-1)) {
      this.subtrees.pop();
      right = { size: 2 * right.size, hash: nodeHash(left.hash, right.hash) };
    }
    this.subtrees.push(right);
    this.size++;
  }

  root(): Buffer {
    const [last, ...lefts] = this.subtrees.map((subtree) => subtree.hash).reverse();
    if (last === undefined) return sha256('');
    return lefts.reduce((right, left) => nodeHash(left, right), last);
  }
}
