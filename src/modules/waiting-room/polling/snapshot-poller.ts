import type { LocalState } from '../recovery/recovery';
import type { SnapshotPosition } from '../snapshot/snapshot';
import { waitEndsMs } from '../opening/state';
import type { Entry } from '../state/entries/entry';

/** Answers polls from the snapshot, without I/O, and records who was seen. */
export class SnapshotPoller {
  constructor(
    private readonly local: LocalState,
    private readonly maxWaitMs: number,
  ) {}

  /** The status of an entry as of the snapshot; undefined when only Redis can tell. */
  peek(entry: Entry): SnapshotPosition | undefined {
    const { snapshot } = this.local;
    return snapshot.peek(entry, waitEndsMs(snapshot.admission, entry.iatMs, this.maxWaitMs));
  }

  /**
   * As `peek`, and records the poll: a waiting user is present by it, an active user is not idle. An entry from before
   * the latest restore is registered again.
   */
  poll(entry: Entry): SnapshotPosition | undefined {
    const { snapshot, registrations, pending } = this.local;
    const position = this.peek(entry);
    if (position === undefined) return undefined;
    const isActive = position.status === 'PROGRESS';
    if (!isActive) this.markPresent(entry.seq);
    if (entry.gen < snapshot.gen) {
      if (isActive && !registrations.isConfirmed(entry.seq)) return undefined;
      registrations.schedule(entry);
    }
    if (isActive) pending.addActive(entry.seq);
    return position;
  }

  /** Records that the user is not idle if the entry is active by the snapshot. @returns whether it is */
  touchIfActive({ seq, gen }: Entry): boolean {
    const { snapshot, pending } = this.local;
    const isActive = snapshot.isOfHistory(gen) && snapshot.isActive(seq);
    if (isActive) pending.addActive(seq);
    return isActive;
  }

  markPresent(seq: number): void {
    const { snapshot, pending } = this.local;
    if (!snapshot.presence.isMarked(seq)) pending.addWaiting(seq);
  }
}
