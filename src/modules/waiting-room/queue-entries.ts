import { Unavailable } from '../../common/errors';
import type { Logger } from '../../platform/observability/logger';
import type { AdmissionPolicy } from './admission/policy';
import type { WaitingRoomMetrics } from './metrics';
import type { SnapshotPoller } from './polling/snapshot-poller';
import { observeAdmitted } from './queue-metrics';
import type { StoreGuards } from './recovery/guards';
import type { LocalState, StateRecovery } from './recovery/recovery';
import type { SnapshotRefresher } from './snapshot/refresher';
import type { Entry } from './state/entries/entry';
import type { EntryStatus, IssuedEntry, NotIssuedHere, SpentProof } from './state/results';
import type { QueueStore } from './state/store';

interface Parts {
  recovery: StateRecovery;
  refresher: SnapshotRefresher;
  poller: SnapshotPoller;
  guards: StoreGuards;
  metrics: WaitingRoomMetrics;
  logger: Logger;
}

/** The entries of a queue: issued, resolved, prolonged and ended by the store's scripts. The snapshot learns of each. */
export class QueueEntries {
  constructor(
    private readonly store: QueueStore,
    private readonly policy: AdmissionPolicy,
    private readonly local: LocalState,
    private readonly parts: Parts,
  ) {}

  /** @throws ProofSpent (403) when the proof has given an entry that is not live any more */
  async issue(userId: number, proof?: SpentProof): Promise<IssuedEntry> {
    const { scriptLimit } = this.policy;
    const issueOnce = (drawnSeq?: number): Promise<IssuedEntry | { drawnSeq: number }> =>
      this.parts.recovery.request((known) => this.store.issue(userId, scriptLimit, known, proof, drawnSeq));
    let issued = await issueOnce();
    if ('drawnSeq' in issued) issued = await issueOnce(await this.drawnNumberOf(issued.drawnSeq));
    if ('drawnSeq' in issued) throw new Unavailable('The queue');
    const { seq, gen, headSeq, sessionUntilMs } = issued;
    this.local.progress.advance({ issued: seq, headSeq, gen });
    this.local.registrations.confirm(issued, sessionUntilMs > 0);
    if (sessionUntilMs > 0) this.local.snapshot.enter([seq], sessionUntilMs, headSeq);
    else this.parts.poller.markPresent(seq); // Redis has it already, but may lose it before any snapshot has it
    return issued;
  }

  /** Claims a proof for a queue. @returns the queue that has it: of all that claim it here, the first */
  async claimProof(proof: SpentProof, queueId: string): Promise<string> {
    return this.parts.guards.redis(() => this.store.claimProof(proof, queueId));
  }

  /**
   * The status of an entry by Redis; the call counts as a poll.
   * @param isToHold the user is about to make a hold: the session stays open until it is made
   */
  async resolve(entry: Entry, isToHold = false): Promise<EntryStatus | NotIssuedHere> {
    const resolved = await this.parts.recovery.request(
      (known) => this.store.resolve(entry, this.policy.scriptLimit, known, isToHold),
      () => this.local.progress.advanceByToken(entry),
    );
    if (resolved === 'drawn')
      return this.resolve({ ...entry, seq: await this.drawnNumberOf(entry.seq) }, isToHold);
    if (resolved === 'not-issued-here') return resolved;
    const isActive = resolved.status === 'PROGRESS';
    if (isActive || resolved.status === 'WAITING') this.local.registrations.confirm(entry, isActive);
    if (!isActive) this.local.snapshot.leave(entry.seq);
    else {
      this.local.snapshot.enter([entry.seq], resolved.sessionUntilMs, 0);
      this.local.progress.advance({ headSeq: entry.seq });
    }
    return resolved;
  }

  /** The user has paid: the next entry is admitted. Any process may call it, any number of times. */
  async endSession(seq: number): Promise<void> {
    this.local.snapshot.leave(seq); // also when the call fails
    const ended = await this.parts.recovery.request((known) =>
      this.store.endSession(seq, this.policy.scriptLimit, known),
    );
    this.local.snapshot.leave(seq); // an answer from before the end may have brought it back meanwhile
    for (const [i, admitted] of ended.admitted.entries())
      this.local.snapshot.enter([admitted], ended.deadlinesMs[i] ?? 0, ended.headSeq);
    this.local.progress.advance({ headSeq: ended.headSeq });
    if (ended.isNew) this.parts.metrics.queueSessionsEnded.inc({ queue: this.store.queueId, reason: 'paid' });
    observeAdmitted(this.parts.metrics, this.store.queueId, ended);
  }

  /** The user holds a seat: the session lasts as long as the hold, and is not idle until then. */
  async extendSession(seq: number, holdMs: number): Promise<void> {
    const sessionUntilMs = await this.parts.recovery.request((known) =>
      this.store.extendSession(seq, holdMs, known),
    );
    if (sessionUntilMs > 0) this.local.snapshot.enter([seq], sessionUntilMs, 0);
    else
      this.parts.logger.warn({ queue: this.store.queueId, seq }, 'a hold was made whose session has ended');
  }

  /** Redis says that a draw has given the entry another number: the snapshot learns which one. */
  private async drawnNumberOf(seq: number): Promise<number> {
    await this.parts.refresher.refresh();
    const drawnSeq = this.local.snapshot.numbers.of(seq);
    if (drawnSeq === seq) throw new Unavailable('The queue');
    return drawnSeq;
  }
}
