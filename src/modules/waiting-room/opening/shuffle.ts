import { createHash } from 'node:crypto';

/** Rounds of the shuffle. */
const ROUNDS = 90;
/** Positions that one hash decides over. */
const BITS_PER_HASH = 256;

/**
 * The swap-or-not shuffle (Hoang, Morris, Rogaway 2012) with the round function of Ethereum's consensus specification
 * (`compute_shuffled_index`), of which there are many programs: with the seed anyone can compute where an index goes.
 * Each place is equally likely for each index.
 */
export class Shuffle {
  private readonly pivots: number[];

  /** @param seed 32 bytes */
  constructor(
    private readonly seed: Buffer,
    readonly count: number,
  ) {
    this.pivots = Array.from({ length: count === 0 ? 0 : ROUNDS }, (_, round) => {
      const first8 = sha256(seed, Buffer.of(round)).readBigUInt64LE(0);
      return Number(first8 % BigInt(count));
    });
  }

  /** The new position of one index: 90 hashes. */
  indexOf(index: number): number {
    let at = index;
    for (const [round, pivot] of this.pivots.entries()) {
      const flipped = (pivot + this.count - at) % this.count;
      const position = Math.max(at, flipped);
      const bits = this.bitsOf(round, Math.floor(position / BITS_PER_HASH));
      if (isSet(bits, position % BITS_PER_HASH)) at = flipped;
    }
    return at;
  }

  /** The new positions of all indexes, one round at a time: about one hash for each index. */
  *rounds(): Generator<undefined, Uint32Array> {
    const places = Uint32Array.from({ length: this.count }, (_, i) => i);
    const hashes = Math.ceil(this.count / BITS_PER_HASH);
    for (const [round, pivot] of this.pivots.entries()) {
      const bits = Buffer.concat(Array.from({ length: hashes }, (_, i) => this.bitsOf(round, i)));
      for (let i = 0; i < this.count; i++) {
        const at = places[i] ?? 0;
        const flipped = (pivot + this.count - at) % this.count;
        if (isSet(bits, Math.max(at, flipped))) places[i] = flipped;
      }
      yield;
    }
    return places;
  }

  private bitsOf(round: number, block: number): Buffer {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(block);
    return sha256(this.seed, Buffer.of(round), number);
  }
}

const isSet = (bits: Buffer, bit: number): boolean => (((bits[bit >>> 3] ?? 0) >>> (bit & 7)) & 1) === 1;

const sha256 = (...parts: Buffer[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
