import type { BitmapPiece } from '../state/results';
import { SEGMENT, SEGMENT_BYTES } from './segment';

/** A set of seqs, a bit each. */
export class PresenceMarks {
  private marked = new Map<number, { bitmap: Buffer; first: number; last: number }>();

  add(seq: number): void {
    const segmentId = Math.floor(seq / SEGMENT);
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

  marks(): BitmapPiece[] {
    return [...this.marked].map(([segmentId, { bitmap, first, last }]): BitmapPiece => [
      segmentId,
      first,
      bitmap.subarray(first, last + 1),
    ]);
  }

  /** Adds a whole bitmap, which this set keeps and changes. */
  merge(segmentId: number, bitmap: Buffer): void {
    const mark = this.marked.get(segmentId);
    if (mark !== undefined)
      for (let i = 0; i < bitmap.length; i++) bitmap[i] = (bitmap[i] ?? 0) | (mark.bitmap[i] ?? 0);
    this.marked.set(segmentId, { bitmap, first: 0, last: bitmap.length - 1 });
  }

  /** Hands over all marks; the set is empty afterwards. */
  drain(): BitmapPiece[] {
    const marks = this.marks();
    this.marked = new Map();
    return marks;
  }

  /** Takes back what could not be sent. */
  requeue(marks: BitmapPiece[]): void {
    for (const [segmentId, firstByte, bits] of marks) {
      const bitmap = Buffer.alloc(SEGMENT_BYTES);
      bits.copy(bitmap, firstByte);
      this.merge(segmentId, bitmap);
    }
  }
}
