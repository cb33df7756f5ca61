/** Sequence numbers a presence bitmap covers; the same in common.lua. */
export const SEGMENT = 65_536;
const SEGMENT_BYTES = SEGMENT / 8;
const WORDS = SEGMENT / 32;
const BLOCK_WORDS = 16;
/** So many epochs count, that of now and those before it; the same in common.lua. */
const EPOCHS = 3;

const segmentOf = (seq: number): number => Math.floor(seq / SEGMENT);

/** Bits set in a 32-bit word (Hacker's Delight, 5-1). */
function popCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Redis numbers bits from the most significant one of the first byte. */
const bitOf = (seq: number): number => 0x80000000 >>> (seq % 32);

/** One segment: who was seen in each of the epochs, and how many of those present come before each block. */
class Segment {
  /** The epoch of now first. */
  readonly epochs = Array.from({ length: EPOCHS }, () => new Uint32Array(WORDS));
  private readonly present = new Uint32Array(WORDS);
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

  /** Seen in any of the epochs. */
  bitsOf(word: number): number {
    let bits = 0;
    for (const epoch of this.epochs) bits |= epoch[word] ?? 0;
    return bits;
  }

  /** Forgets the oldest epoch. */
  startEpoch(): void {
    const reused = this.epochs.pop();
    if (reused !== undefined) this.epochs.unshift(reused.fill(0));
  }

  /** Those present among the first `bit` of the segment: one block look-up and at most 16 words. */
  rank(bit: number): number {
    const last = bit >>> 5;
    const block = Math.floor(last / BLOCK_WORDS);
    let count = this.before[block] ?? 0;
    for (let word = block * BLOCK_WORDS; word < last; word++) count += popCount(this.present[word] ?? 0);
    const rest = bit & 31;
    return rest === 0 ? count : count + popCount((this.present[last] ?? 0) >>> (32 - rest));
  }
}

/**
 * Which waiters are present, as of a snapshot, with a rank index: population counts per block of 512 numbers
 * (Jacobson's rank). A rank costs the same with a thousand waiters as with a million; 25 kB per 65,536 numbers.
 */
export class Presence {
  private epoch = 0;
  private readonly segments = new Map<number, Segment>();
  private readonly dirty = new Set<Segment>();
  /** How many are present in the segments before each. */
  private readonly base = new Map<number, number>();

  clear(): void {
    this.segments.clear();
    this.base.clear();
  }

  /** Moves on to an epoch: what was seen three epochs before is forgotten. */
  startEpoch(epoch: number): void {
    const passed = epoch - this.epoch;
    this.epoch = epoch;
    if (passed === 0) return;
    for (const segment of this.segments.values()) {
      // Back, after a loss, as well as far ahead: nothing of what was seen counts.
      const forgotten = passed > 0 && passed < EPOCHS ? passed : EPOCHS;
      for (let i = 0; i < forgotten; i++) segment.startEpoch();
      this.dirty.add(segment);
    }
  }

  /** Takes a bitmap as Redis keeps it (may be shorter than a segment). */
  set(epoch: number, segmentId: number, bitmap: Buffer): void {
    const segment = this.segments.get(segmentId) ?? new Segment();
    const words = segment.epochs[this.epoch - epoch];
    if (words === undefined) return;
    this.segments.set(segmentId, segment);
    const whole = bitmap.length - (bitmap.length % 4);
    for (let byte = 0; byte < whole; byte += 4) words[byte / 4] = bitmap.readUInt32BE(byte);
    if (whole < bitmap.length) {
      let word = 0;
      for (let byte = whole; byte < whole + 4; byte++) word = (word << 8) | (bitmap[byte] ?? 0);
      words[whole / 4] = word;
    }
    this.dirty.add(segment);
  }

  /** Rebuilds the index of what has changed; segments before `serving`'s are dropped. */
  index(serving: number): void {
    for (const segmentId of this.segments.keys())
      if (segmentId < segmentOf(serving)) this.segments.delete(segmentId);
    for (const segment of this.dirty) segment.index();
    this.dirty.clear();
    this.base.clear();
    let total = 0;
    for (const segmentId of [...this.segments.keys()].sort((a, b) => a - b)) {
      this.base.set(segmentId, total);
      total += this.segments.get(segmentId)?.total ?? 0;
    }
  }

  /** How many of (after, before) are present, both ends excluded. */
  countBetween(after: number, before: number): number {
    return Math.max(0, this.countBefore(before) - this.countBefore(after + 1));
  }

  /** Whether `seq` was seen in the epoch of now. */
  isMarked(seq: number): boolean {
    const segment = this.segments.get(segmentOf(seq));
    return segment !== undefined && ((segment.epochs[0]?.[(seq % SEGMENT) >>> 5] ?? 0) & bitOf(seq)) !== 0;
  }

  /** All who are present, as bitmaps: to make them present again where they were lost. */
  *bitmaps(): Generator<{ segmentId: number; bitmap: Buffer }> {
    for (const [segmentId, segment] of this.segments) {
      const bitmap = Buffer.alloc(SEGMENT_BYTES);
      for (let word = 0; word < WORDS; word++) bitmap.writeUInt32BE(segment.bitsOf(word) >>> 0, word * 4);
      yield { segmentId, bitmap };
    }
  }

  private countBefore(seq: number): number {
    const segmentId = segmentOf(seq);
    const segment = this.segments.get(segmentId);
    if (segment !== undefined) return (this.base.get(segmentId) ?? 0) + segment.rank(seq % SEGMENT);
    let count = 0; // between segments: all of those before
    for (const [id, other] of this.segments) if (id < segmentId) count += other.total;
    return count;
  }
}

/** Who has polled since the marks were last sent: a bit per sequence number. */
export class PresenceMarks {
  private marked = new Map<number, { bitmap: Buffer; first: number; last: number }>();

  add(seq: number): void {
    const segmentId = segmentOf(seq);
    let mark = this.marked.get(segmentId);
    if (mark === undefined) {
      mark = { bitmap: Buffer.alloc(SEGMENT_BYTES), first: SEGMENT_BYTES, last: -1 };
      this.marked.set(segmentId, mark);
    }
    const bit = seq % SEGMENT;
    const byte = bit >>> 3;
    mark.bitmap[byte] = (mark.bitmap[byte] ?? 0) | (0x80 >>> (bit & 7));
    if (byte < mark.first) mark.first = byte;
    if (byte > mark.last) mark.last = byte;
  }

  /** All marks, kept: `[segment, first byte, bits from there]`. */
  marks(): [segmentId: number, firstByte: number, bits: Buffer][] {
    return [...this.marked].map(([segmentId, { bitmap, first, last }]): [number, number, Buffer] => [
      segmentId,
      first,
      bitmap.subarray(first, last + 1),
    ]);
  }

  /** Adds a whole bitmap. */
  merge(segmentId: number, bitmap: Buffer): void {
    const mark = this.marked.get(segmentId);
    if (mark !== undefined)
      for (let i = 0; i < bitmap.length; i++) bitmap[i] = (bitmap[i] ?? 0) | (mark.bitmap[i] ?? 0);
    this.marked.set(segmentId, { bitmap, first: 0, last: bitmap.length - 1 });
  }

  /** Hands over all marks and begins anew: `[segment, first byte, bits from there]`. */
  drain(): [segmentId: number, firstByte: number, bits: Buffer][] {
    const taken = this.marks();
    this.marked = new Map();
    return taken;
  }

  /** Takes back what could not be sent. */
  requeue(taken: [segmentId: number, firstByte: number, bits: Buffer][]): void {
    for (const [segmentId, firstByte, bits] of taken) {
      const bitmap = Buffer.alloc(SEGMENT_BYTES);
      bits.copy(bitmap, firstByte);
      this.merge(segmentId, bitmap);
    }
  }
}
