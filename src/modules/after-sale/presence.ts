import { SEGMENT } from '../waiting-room/snapshot/segment';

/** The bits of those who were present in an epoch: a bit per seq, most significant first. */
class Epoch {
  private bytes = Buffer.alloc(0);

  add(segment: number, firstByte: number, bits: Buffer): void {
    const from = (segment * SEGMENT) / 8 + firstByte;
    if (this.bytes.length < from + bits.length) {
      const grown = Buffer.alloc(Math.max(from + bits.length, 2 * this.bytes.length));
      this.bytes.copy(grown);
      this.bytes = grown;
    }
    bits.copy(this.bytes, from);
  }

  byteAt(index: number): number {
    return this.bytes[index] ?? 0;
  }
}

const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

/**
 * Who was present, as the log says when an epoch ends. As in the queue itself an entry counts as present for the epoch
 * that goes on and the two before it, and a new one from its issue.
 */
export class Presence {
  private closed: [Epoch, Epoch] = [new Epoch(), new Epoch()];
  /** The last entry that was issued when the last epoch ended; entries behind it are new. */
  private lastKnown = 0;
  private isTold = false;

  /** @param issued the last entry issued so far */
  close(issued: number): void {
    this.closed = [new Epoch(), this.closed[0]];
    this.lastKnown = this.isTold ? issued : 0;
  }

  add(segment: number, firstByte: number, bits: Buffer, issued: number): void {
    this.isTold = true;
    this.lastKnown = issued;
    this.closed[0].add(segment, firstByte, bits);
  }

  /** Present entries of (from, to]. All of them before the first epoch has ended. */
  countBetween(from: number, to: number): number {
    const known = Math.min(to, this.lastKnown);
    let count = Math.max(0, to - Math.max(from, this.lastKnown));
    for (let seq = from + 1; seq <= known;) {
      const byte = this.closed[0].byteAt(seq >>> 3) | this.closed[1].byteAt(seq >>> 3);
      const next = Math.min(known + 1, (seq | 7) + 1);
      const mask = (0xff >>> (seq & 7)) & (0xff << (7 - ((next - 1) & 7)));
      count += ONES[byte & mask] ?? 0;
      seq = next;
    }
    return count;
  }
}
