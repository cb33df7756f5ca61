import { Unavailable } from '../../../common/errors';
import type { StateRecovery } from '../recovery/recovery';
import { SEGMENT, SEGMENT_BYTES } from '../snapshot/segment';
import type { Snapshot } from '../snapshot/snapshot';
import type { Entry } from '../state/entries/entry';
import type { BitmapPiece } from '../state/results';
import type { QueueStore } from '../state/store';
import { type Draw, EntryNumbers, writeDraws } from './draws';
import type { OpeningState } from './state';
import type { OpeningInForce } from './store';

/** One queue's opening: what a worker does to it. */
export class QueueOpening {
  constructor(
    private readonly store: QueueStore,
    private readonly snapshot: Snapshot,
    private readonly recovery: StateRecovery,
  ) {}

  /** Puts in force what the database says; closes the registration when it is time. See OpeningStore. */
  async apply(opening: OpeningState, askedAtMs: number): Promise<OpeningInForce | 'late'> {
    return this.recovery.background((known) => this.store.opening.set(opening, askedAtMs, known));
  }

  /** The oldest of those who take part and are not written down yet. */
  async entrants(limit: number): Promise<Entry[]> {
    return this.store.opening.entrants(limit);
  }

  /** These, the oldest, are written down. @returns whether they were still the oldest: another worker may have been faster */
  async dropEntrants(entrants: Entry[]): Promise<boolean> {
    return this.store.opening.dropEntrants(entrants);
  }

  /**
   * Puts a draw in force: all who take part get their new numbers in one step, and users who are present stay so.
   * @param draws all draws of the queue, the new one last @throws Unavailable (503) without a recent snapshot
   */
  async draw(draws: Draw[]): Promise<void> {
    const { snapshot, store } = this;
    const draw = draws.at(-1);
    if (draw === undefined) return;
    if (snapshot.gen === 0) throw new Unavailable('The queue');
    const { firstSeq, lastSeq } = draw;
    const numbers = await drawnNumbers(draw);
    const isExpired = await store.opening.expired(firstSeq, lastSeq);
    const present = new Bits();
    const expired = new Bits();
    for (let seq = firstSeq + 1; seq <= lastSeq; seq++) {
      if (isExpired(seq)) expired.add(numbers.of(seq));
      else if (snapshot.presence.isPresent(seq)) present.add(numbers.of(seq));
    }
    const moved = { present: present.pieces, expired: expired.pieces };
    await this.recovery.background((known) => store.opening.draw(draws, moved, known));
  }
}

/** With all numbers computed ahead. */
async function drawnNumbers(draw: Draw): Promise<EntryNumbers> {
  const numbers = new EntryNumbers();
  numbers.update(writeDraws([draw]));
  await numbers.computed();
  return numbers;
}

/** A bitmap over seqs, in segments as Redis keeps them. */
class Bits {
  private readonly segments = new Map<number, Buffer>();

  add(seq: number): void {
    const segmentId = Math.floor(seq / SEGMENT);
    const bits = this.segments.get(segmentId) ?? Buffer.alloc(SEGMENT_BYTES);
    this.segments.set(segmentId, bits);
    const bit = seq % SEGMENT;
    bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (0x80 >>> (bit & 7));
  }

  get pieces(): BitmapPiece[] {
    return [...this.segments].map(([segmentId, bits]): BitmapPiece => [segmentId, 0, bits]);
  }
}
