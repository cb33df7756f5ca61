import type { LocalState, StateRecovery } from '../recovery/recovery';
import type { QueueStore } from '../state/store';

/** Reports to Redis what this process has seen of a queue's users. */
export class PresenceFlusher {
  constructor(
    private readonly store: QueueStore,
    private readonly local: LocalState,
    private readonly recovery: StateRecovery,
  ) {}

  /** Reports everything seen since the last time; if that fails, it is kept for the next time. */
  async flush(): Promise<void> {
    const { pending, registrations, snapshot, progress } = this.local;
    const report = pending.drain();
    try {
      await this.recovery.background((known) => this.store.flushPresence(report, known));
    } catch (error) {
      pending.requeue(report);
      throw error;
    }
    pending.recordFlushed(report);
    registrations.keepActive((seq) => snapshot.hasSession(seq));
    await registrations.flush(this.store, progress.known.issued);
  }
}
