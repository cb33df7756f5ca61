import { monotonicMs } from '../../../common/clock';
import type { LocalState, StateRecovery } from '../recovery/recovery';
import type { SnapshotDelta } from '../state/results';
import type { QueueStore } from '../state/store';
import type { PresenceFlusher } from './presence-flusher';

const SAVE_EVERY_MS = 3000;

/** Keeps this process' snapshot of a queue up to date, and saves the progress that it shows. */
export class SnapshotRefresher {
  private isInSync = false;
  private savedAtMs = 0;

  constructor(
    private readonly store: QueueStore,
    private readonly local: LocalState,
    private readonly recovery: StateRecovery,
    private readonly flusher: PresenceFlusher,
  ) {}

  /** Applies what has changed. @returns the change */
  async refresh(): Promise<SnapshotDelta> {
    const { snapshot, progress } = this.local;
    const { gen } = snapshot;
    let delta = await this.fetchDelta();
    if (gen > 0 && delta.gen > gen) {
      // Another process has restored the state: what this one knows goes in first, so that the next snapshot has it.
      await this.recovery.pushLocalState();
      await this.flusher.flush();
      delta = await this.fetchDelta();
    }
    snapshot.apply(delta);
    progress.advance(delta);
    return delta;
  }

  /** Saves the progress if the last time was some seconds ago. */
  async saveProgress(): Promise<void> {
    if (monotonicMs() - this.savedAtMs < SAVE_EVERY_MS) return;
    this.savedAtMs = monotonicMs();
    await this.local.progress.save();
  }

  /**
   * What has changed since this process' snapshot. A state that is older than what was known before the call (Redis came
   * back without its last second, or as a replica that lagged) counts as lost.
   */
  private async fetchDelta(): Promise<SnapshotDelta> {
    const { snapshot, progress } = this.local;
    for (;;) {
      const { headSeq } = progress.known;
      const { version, gen } = snapshot;
      const from = this.isInSync ? version : 0;
      this.isInSync = false; // until Redis answers: its versions may go on from older ones than the snapshot's
      snapshot.expectDelta();
      const delta = await this.recovery.background((known) => this.store.snapshot(from, gen, known));
      this.isInSync = true;
      const isOlder =
        delta.gen < gen || (delta.gen === gen && (delta.version < version || delta.headSeq < headSeq));
      if (!isOlder) return delta;
      progress.advance({ issued: delta.issued + 1 }); // given out in the history that is lost, or skipped
      await this.recovery.restoreOnce();
    }
  }
}
