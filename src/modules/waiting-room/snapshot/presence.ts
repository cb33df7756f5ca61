import { EPOCHS, PresenceSegment, SEGMENT } from './segment';

const segmentOf = (seq: number): number => Math.floor(seq / SEGMENT);

/**
 * Which waiting users are present, as of a snapshot, with a rank index: population counts per block of 512 numbers
 * (Jacobson's rank). A rank costs the same with a thousand waiting users as with a million; the index takes 25 kB per
 * 65,536 numbers.
 */
export class Presence {
  private epoch = 0;
  private readonly segments = new Map<number, PresenceSegment>();
  private readonly dirty = new Set<PresenceSegment>();
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
      // An earlier epoch (after a loss) and one that is far ahead have the same effect: nothing that was seen counts.
      const forgotten = passed > 0 && passed < EPOCHS ? passed : EPOCHS;
      for (let i = 0; i < forgotten; i++) segment.startEpoch();
      this.dirty.add(segment);
    }
  }

  /** Takes the bitmap of a segment and an epoch as Redis keeps it. */
  set(epoch: number, segmentId: number, bitmap: Buffer): void {
    const segment = this.segments.get(segmentId) ?? new PresenceSegment();
    const words = segment.epochs[this.epoch - epoch];
    if (words === undefined) return;
    this.segments.set(segmentId, segment);
    segment.load(words, bitmap);
    this.dirty.add(segment);
  }

  /** Rebuilds the index of what has changed, and drops the segments before the head's. */
  index(headSeq: number): void {
    for (const segmentId of this.segments.keys())
      if (segmentId < segmentOf(headSeq)) this.segments.delete(segmentId);
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

  /** Whether each of (after, after + count] is present, a bit each, from the most significant one of the first byte. */
  bitmapAfter(after: number, count: number): Buffer {
    const bitmap = Buffer.alloc(Math.ceil(count / 8));
    for (let i = 0; i < count; i++) {
      const seq = after + 1 + i;
      if (this.isPresent(seq)) bitmap[i >>> 3] = (bitmap[i >>> 3] ?? 0) | (0x80 >>> (i & 7));
    }
    return bitmap;
  }

  /** Whether `seq` is present. */
  isPresent(seq: number): boolean {
    return this.segments.get(segmentOf(seq))?.isPresent(seq % SEGMENT) ?? false;
  }

  /** Whether `seq` was seen in the current epoch. */
  isMarked(seq: number): boolean {
    return this.segments.get(segmentOf(seq))?.isMarked(seq % SEGMENT) ?? false;
  }

  /** All who are present, as bitmaps: to report them again when Redis has lost them. */
  *bitmaps(): Generator<{ segmentId: number; bitmap: Buffer }> {
    for (const [segmentId, segment] of this.segments) yield { segmentId, bitmap: segment.toBitmap() };
  }

  private countBefore(seq: number): number {
    const segmentId = segmentOf(seq);
    const segment = this.segments.get(segmentId);
    if (segment !== undefined) return (this.base.get(segmentId) ?? 0) + segment.rank(seq % SEGMENT);
    let count = 0; // the seq lies between the segments that exist: all earlier ones count as a whole
    for (const [id, other] of this.segments) if (id < segmentId) count += other.total;
    return count;
  }
}
