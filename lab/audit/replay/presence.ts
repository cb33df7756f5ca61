const SEGMENT = 65_536;

/** Segment → the bits of those who were present. */
type Bitmaps = Map<number, Buffer>;
const none = (): Bitmaps => new Map<number, Buffer>();

/** Present entries by epoch, as the log reports them at the end of an epoch. */
export class Presence {
  /** Counts the epochs that ended, and jumps at a loss: what was before says nothing any more. */
  count = 0;
  private closed: [Bitmaps, Bitmaps] = [none(), none()];
  private last = -1;

  /** An epoch ends; its bits follow. @returns whether it is later than the last one */
  close(epoch: number): boolean {
    const isLater = epoch > this.last;
    const isNext = epoch === this.last + 1;
    this.closed = [none(), isNext ? this.closed[0] : none()];
    this.last = epoch;
    this.count++;
    return isLater;
  }

  /** Who was once said to be present stays so. @returns whether these are bits of the epoch that has just ended */
  add(epoch: number, segment: number, firstByte: number, bits: Buffer): boolean {
    const all = Buffer.concat([Buffer.alloc(firstByte), bits]);
    for (const [i, before] of (this.closed[0].get(segment) ?? []).entries())
      if (i < all.length) all[i] = (all[i] ?? 0) | before;
    this.closed[0].set(segment, all);
    return epoch === this.last;
  }

  forget(): void {
    this.closed = [none(), none()];
    this.last = -1;
    this.count += 3;
  }

  /** Whether the entry was present in one of the last two epochs that have ended. The one that goes on counts as well. */
  wasPresent(seq: number): boolean {
    const [segment, bit] = [Math.floor(seq / SEGMENT), seq % SEGMENT];
    return this.closed.some((epoch) => (((epoch.get(segment)?.[bit >>> 3] ?? 0) << (bit & 7)) & 0x80) !== 0);
  }
}
