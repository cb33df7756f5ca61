/** Sequence numbers in one presence bitmap; the same number as in lua/include/common.lua. */
export const SEGMENT = 65_536;
export const SEGMENT_BYTES = SEGMENT / 8;
const WORDS = SEGMENT / 32;
const BLOCK_WORDS = 16;
/** This many epochs count, the current one and those before it; the same number as in lua/include/presence.lua. */
export const EPOCHS = 3;

/** Bits set in a 32-bit word (Hacker's Delight, 5-1). */
function popCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Which seqs of a segment were seen in each epoch, with a rank index over those that are present. */
export class PresenceSegment {
  /** The current epoch first. */
  readonly epochs = Array.from({ length: EPOCHS }, () => new Uint32Array(WORDS));
  private readonly present = new Uint32Array(WORDS);
  /** How many are present before each block. */
  private readonly before = new Uint16Array(WORDS / BLOCK_WORDS);
  total = 0;

  index(): void {
    let count = 0;
    for (let word = 0; word < WORDS; word++) {
      if (word % BLOCK_WORDS === 0) this.before[word / BLOCK_WORDS] = count;
      const bits = this.bitsOf(word);
      this.present[word] = bits;
      if (bits !== 0) count += popCount(bits);
    }
    this.total = count;
  }

  /** Takes the bitmap of an epoch as Redis keeps it (it may be shorter than a segment). */
  load(words: Uint32Array, bitmap: Buffer): void {
    const whole = bitmap.length - (bitmap.length % 4);
    for (let byte = 0; byte < whole; byte += 4) words[byte / 4] = bitmap.readUInt32BE(byte);
    if (whole === bitmap.length) return;
    let word = 0;
    for (let byte = whole; byte < whole + 4; byte++) word = (word << 8) | (bitmap[byte] ?? 0);
    words[whole / 4] = word;
  }

  /** The bits that are set in any epoch, as Redis numbers them. */
  toBitmap(): Buffer {
    const bitmap = Buffer.alloc(SEGMENT_BYTES);
    for (let word = 0; word < WORDS; word++) bitmap.writeUInt32BE(this.bitsOf(word) >>> 0, word * 4);
    return bitmap;
  }

  /** Forgets the oldest epoch. */
  startEpoch(): void {
    const reused = this.epochs.pop();
    if (reused !== undefined) this.epochs.unshift(reused.fill(0));
  }

  /** How many of the first `bit` seqs are present: one block look-up and at most 16 words. */
  rank(bit: number): number {
    const last = bit >>> 5;
    const block = Math.floor(last / BLOCK_WORDS);
    let count = this.before[block] ?? 0;
    for (let word = block * BLOCK_WORDS; word < last; word++) count += popCount(this.present[word] ?? 0);
    const rest = bit & 31;
    return rest === 0 ? count : count + popCount((this.present[last] ?? 0) >>> (32 - rest));
  }

  /** Whether the bit is set in the current epoch. Redis numbers bits from the most significant one of the first byte. */
  isMarked(bit: number): boolean {
    return ((this.epochs[0]?.[bit >>> 5] ?? 0) & (0x80000000 >>> (bit % 32))) !== 0;
  }

  /** Whether the bit was set in any epoch, as of the last `index`. */
  isPresent(bit: number): boolean {
    return ((this.present[bit >>> 5] ?? 0) & (0x80000000 >>> (bit % 32))) !== 0;
  }

  private bitsOf(word: number): number {
    let bits = 0;
    for (const epoch of this.epochs) bits |= epoch[word] ?? 0;
    return bits;
  }
}
