import { monotonicMs } from '../../common/clock';
import type { Logger } from '../../platform/observability/logger';
import type { WaitingRoomMetrics } from './metrics';
import {
  type AdmissionPolicy,
  type EffectiveLimits,
  effectiveLimits,
  type OperatorCommand,
} from './admission/policy';
import { AdmissionRate, type Eta, EtaCalibration, etaSeconds } from './polling/eta';
import type { Entry } from './state/entry';
import { PresenceMarks } from './snapshot/presence';
import { type Ends, knownEnds } from './state/ends';
import { lifeOf } from './state/generation';
import { Registrations } from './state/registrations';
import type { QueueRepository } from './state/repository';
import { observeAdmitted, observeAdmission, observeEta, observeQueue, observeTick } from './queue-metrics';
import type { Signals } from './admission/signals';
import { Snapshot, type SnapshotPosition } from './snapshot/snapshot';
import { AdmissionCoordinator } from './admission/coordinator';
import type {
  SnapshotDelta,
  IssuedEntry,
  QueueProgress,
  QueueStore,
  EntryStatus,
  SpentProof,
} from './state/store';
import { LOST, UNKNOWN } from './state/replies';

export type { Entry as Place } from './state/entry';

const SAVE_EVERY_MS = 3000;

/**
 * One queue as this process sees it: the store's scripts, the snapshot that answers polls, what has been seen of
 * waiters and visitors since it was last told to the store, and the highest progress known, with which the state is
 * restored when Redis has lost it.
 */
export class WaitingRoom {
  readonly snapshot = new Snapshot();
  private readonly rate = new AdmissionRate();
  private readonly calibration = new EtaCalibration();
  private readonly progress: QueueProgress = { issued: 0, headSeq: 0, gen: 0 };
  private readonly present = new PresenceMarks();
  private readonly registrations = new Registrations();
  /** Told last, so perhaps not in the copy yet. */
  private lastFlushed: ReturnType<PresenceMarks['drain']> = [];
  private active = new Set<number>();
  private longestPollIntervalMs = 0;
  private snapshotInSync = false;
  private savedAtMs = 0;
  private restoring: Promise<void> | undefined;
  private readonly coordinator: AdmissionCoordinator | undefined;

  constructor(
    private readonly store: QueueStore,
    private readonly policy: AdmissionPolicy,
    private readonly repository: QueueRepository,
    private readonly metrics: WaitingRoomMetrics,
    private readonly logger: Logger,
  ) {
    this.coordinator =
      policy.bounds && new AdmissionCoordinator(store.admission, store.queueId, policy.bounds, logger);
  }

  get queueId(): string {
    return this.store.queueId;
  }

  /** Whether a session of that generation is of this queue's history as far as this process knows it. */
  isOfLife(gen: number): boolean {
    return lifeOf(gen) === lifeOf(this.progress.gen);
  }

  get tokenLifeMs(): number {
    return this.store.tokenLifeMs;
  }

  /** What is in force, as of the snapshot. */
  get limits(): EffectiveLimits {
    return effectiveLimits(this.policy, this.snapshot.admission);
  }

  /** Tells what this process has seen of the requests inside; decides for all when it is its turn. */
  async coordinateAdmission(signals: Signals): Promise<void> {
    const { coordinator } = this;
    if (coordinator === undefined) return;
    await this.withRecovery((known) => coordinator.report(signals, this.snapshot.waiting, known));
  }

  /** The operator's hand on the door. */
  async applyOverride(act: OperatorCommand, value: number): Promise<void> {
    await this.withRecovery((known) => this.store.admission.setOverride(act, value, known));
    this.metrics.queueOperatorCommands.inc({ queue: this.queueId, command: act });
    const what = { queue: this.queueId, command: act, ...(value > 0 && { value }) };
    this.logger.warn(what, 'operator override set');
    await this.refresh();
  }

  /** @throws ProofSpent (403) when the proof of work has given an entry that is not live any more */
  async issue(userId: number, proof?: SpentProof): Promise<IssuedEntry> {
    const issued = await this.withRecovery((known) =>
      this.store.issue(userId, this.policy.scriptLimit, known, proof),
    );
    this.advanceProgress({ issued: issued.seq, headSeq: issued.headSeq, gen: issued.gen });
    this.registrations.confirm(issued, issued.sessionUntilMs > 0);
    if (issued.sessionUntilMs > 0) this.snapshot.enter([issued.seq], issued.sessionUntilMs, issued.headSeq);
    else this.markPresent(issued.seq); // the store knows already, but may lose it before any copy has it
    return issued;
  }

  /** In which queue the proof of work is spent: of all queues that claim it here, the first. */
  async claimProof(proof: SpentProof, queueId: string): Promise<string> {
    return this.store.claimProof(proof, queueId);
  }

  /** Where the token stands as of the snapshot, without I/O; undefined when only the store can tell. */
  pollFromSnapshot(place: Entry): SnapshotPosition | undefined {
    const standing = this.snapshot.peek(place, place.iatMs + this.store.rules.maxWaitMs);
    if (standing?.status === 'WAITING') this.markPresent(place.seq);
    if (standing !== undefined && place.gen < this.snapshot.gen) {
      if (standing.status === 'PROGRESS' && !this.registrations.isConfirmed(place.seq)) return undefined;
      this.registrations.schedule(place);
    }
    if (standing?.status === 'PROGRESS') this.active.add(place.seq);
    return standing;
  }

  /** Whether the token is inside as far as this process knows, also while Redis is away. */
  isActive(place: Entry): boolean {
    const inside = this.snapshot.isOfLife(place.gen) && this.snapshot.isActive(place.seq);
    if (inside) this.active.add(place.seq);
    return inside;
  }

  /** @param isToHold the user is about to make a hold: the end of its session waits for that */
  async resolve(place: Entry, isToHold = false): Promise<EntryStatus | typeof UNKNOWN> {
    const settled = await this.withRecovery(
      (known) => this.store.resolve(place, this.policy.scriptLimit, known, isToHold),
      () => this.advanceFrom(place),
    );
    if (settled === UNKNOWN) return settled;
    const isActive = settled.status === 'PROGRESS';
    if (isActive || settled.status === 'WAITING') this.registrations.confirm(place, isActive);
    if (settled.status !== 'PROGRESS') this.snapshot.leave(place.seq);
    else this.snapshot.enter([place.seq], settled.sessionUntilMs, 0);
    if (settled.status === 'PROGRESS') this.advanceProgress({ headSeq: place.seq });
    return settled;
  }

  /** The visitor has paid: its place goes to the next one. Any number of times, by any process. */
  async endSession(seq: number): Promise<void> {
    this.snapshot.leave(seq);
    const next = await this.withRecovery((known) =>
      this.store.endSession(seq, this.policy.scriptLimit, known),
    );
    for (const [i, admitted] of next.admitted.entries())
      this.snapshot.enter([admitted], next.deadlinesMs[i] ?? 0, next.headSeq);
    this.advanceProgress({ headSeq: next.headSeq });
    if (next.isNew) this.metrics.queueSessionsEnded.inc({ queue: this.queueId, reason: 'paid' });
    observeAdmitted(this.metrics, this.queueId, next);
  }

  /** The user holds a seat: its session lasts as long as the hold, and so long it is not idle. */
  async extendSession(seq: number, holdMs: number): Promise<void> {
    const sessionUntilMs = await this.withRecovery((known) => this.store.extendSession(seq, holdMs, known));
    if (sessionUntilMs > 0) this.snapshot.enter([seq], sessionUntilMs, 0);
    else this.logger.warn({ queue: this.queueId, seq }, 'a hold was made whose session has ended');
  }

  /** One admission tick: ends what is past and fills free places. @returns whether there is more to do at once */
  async tick(): Promise<boolean> {
    const tick = await this.withRecovery((known) => this.store.admit(this.policy.scriptLimit, known));
    observeTick(this.metrics, this.queueId, tick);
    return tick.more;
  }

  /** Brings the snapshot up to date, and the saved progress every few seconds. */
  async refresh(): Promise<void> {
    const { gen } = this.snapshot;
    let delta = await this.fetchDelta();
    if (gen > 0 && delta.gen > gen) {
      // Restored, by whomever: what this process knows goes in first, so that its next copy is whole again.
      await this.pushLocalState();
      await this.flushPresence();
      delta = await this.fetchDelta();
    }
    this.snapshot.apply(delta);
    this.advanceProgress(delta);
    this.rate.add(delta.nowMs, delta.admittedTotal);
    observeQueue(this.metrics, this.queueId, delta, this.snapshot.waiting);
    observeAdmission(this.metrics, this.queueId, this.limits, this.snapshot.admission.lastDecision);
    observeEta(this.metrics, this.queueId, this.calibration.served(delta.headSeq, delta.nowMs));
    if (monotonicMs() - this.savedAtMs < SAVE_EVERY_MS) return;
    this.savedAtMs = monotonicMs();
    await this.save();
  }

  /** Tells the store who was seen since the last time; what cannot be told is kept for the next time. */
  async flushPresence(): Promise<void> {
    const marks = {
      bitmaps: this.present.drain(),
      active: [...this.active],
      longestPollIntervalMs: this.longestPollIntervalMs,
    };
    this.active = new Set();
    this.longestPollIntervalMs = 0;
    try {
      await this.withRecovery((known) => this.store.flushPresence(marks, known));
    } catch (error) {
      this.present.requeue(marks.bitmaps);
      for (const seq of marks.active) this.active.add(seq);
      this.recordPollInterval(marks.longestPollIntervalMs);
      throw error;
    }
    this.lastFlushed = marks.bitmaps;
    this.registrations.keepActive((seq) => this.snapshot.hasSession(seq));
    await this.registrations.flush(this.store, this.progress.issued);
  }

  /** Saves the progress in the database; a failure is logged, it is saved again soon. */
  async save(): Promise<void> {
    if (this.progress.gen === 0) return;
    try {
      await this.repository.save(this.queueId, this.progress);
    } catch (err) {
      this.logger.warn({ err, queue: this.queueId }, 'queue progress not saved');
    }
  }

  /** When somebody at `position` gets in. */
  eta({ seq }: Entry, position: number): Eta {
    const eta = etaSeconds(position, {
      ...{ door: this.limits, inside: this.snapshot.active },
      ...{ perSecond: this.rate.perSecond, leaseSeconds: this.store.rules.sessionMs / 1000 },
    });
    if (eta.isMeasured && seq > this.snapshot.headSeq)
      this.calibration.predicted(seq, this.snapshot.nowMs, eta.seconds);
    return eta;
  }

  /** Remembers how long a waiter was told to wait before it asks again. */
  recordPollInterval(ms: number): void {
    if (ms > this.longestPollIntervalMs) this.longestPollIntervalMs = ms;
  }

  private markPresent(seq: number): void {
    if (!this.snapshot.presence.isMarked(seq)) this.present.add(seq);
  }

  /**
   * What has changed since this process' copy. A state older than what was known before it was asked for (Redis came
   * back without its last second, or as a replica that lagged) counts as lost.
   */
  private async fetchDelta(): Promise<SnapshotDelta> {
    for (;;) {
      const { headSeq } = this.progress;
      const { version, gen } = this.snapshot;
      const from = this.snapshotInSync ? version : 0;
      this.snapshotInSync = false; // unless Redis answers: else its versions may go on from older ones than the copy's
      const delta = await this.withRecovery((known) => this.store.snapshot(from, gen, known));
      this.snapshotInSync = true;
      const isOlder =
        delta.gen < gen || (delta.gen === gen && (delta.version < version || delta.headSeq < headSeq));
      if (!isOlder) return delta;
      this.advanceProgress({ issued: delta.issued + 1 }); // given out in the history that is lost, or skipped
      await this.restoreOnce();
    }
  }

  /** Asks a script; a lost state is restored and the script asked again. */
  private async withRecovery<T>(
    ask: (known: number) => Promise<T | typeof LOST>,
    beforeRestore?: () => void,
  ): Promise<T> {
    if (this.progress.gen === 0) await this.loadSavedProgress();
    for (let attempt = 1; ; attempt++) {
      const reply = await ask(this.progress.issued);
      if (reply !== LOST) return reply;
      if (attempt === 3) throw new Error(`Queue ${this.queueId} could not be restored.`);
      beforeRestore?.();
      await this.restoreOnce();
    }
  }

  /** A process that has just started: Redis may be older than what others, gone by now, have saved. */
  private async loadSavedProgress(): Promise<void> {
    try {
      this.advanceProgress((await this.repository.find(this.queueId)) ?? {});
    } catch (err) {
      this.logger.warn({ err, queue: this.queueId }, 'saved queue progress not read');
    }
  }

  /** Loops and requests find the loss at the same moment: one restores, all wait for it. */
  private async restoreOnce(): Promise<void> {
    this.restoring ??= this.restore().finally(() => (this.restoring = undefined));
    return this.restoring;
  }

  private async restore(): Promise<void> {
    // The database knows what processes knew that are gone by now; without it no place would be safe.
    this.advanceProgress((await this.repository.find(this.queueId)) ?? {});
    const hadHistory = this.progress.gen > 0;
    await this.pushLocalState(await knownEnds(this.repository, this, this.progress.gen));
    await this.save();
    if (!hadHistory) return;
    this.metrics.queueStateRestores.inc({ queue: this.queueId });
    this.logger.warn({ queue: this.queueId, ...this.progress }, 'queue state was lost and has been restored');
  }

  /**
   * Gives back to the store what only the processes still know: progress and leases, and (with `tell`) presence.
   * @param ends with which a lost state may be made; without, it is left to be found lost
   */
  private async pushLocalState(ends?: Ends): Promise<void> {
    for (const { segmentId, bitmap } of this.snapshot.presence.bitmaps())
      this.present.merge(segmentId, bitmap);
    this.present.requeue(this.lastFlushed);
    const leases = this.snapshot.gen > 0 ? this.snapshot.liveSessions() : undefined;
    const { progress, policy, snapshot } = this;
    const made = await this.store.restore(
      progress,
      policy.scriptLimit,
      leases,
      snapshot.admission,
      ends ?? null,
    );
    if (made === LOST) return;
    this.advanceProgress(made);
    this.registrations.reset();
    await this.registrations.flush(this.store, this.progress.issued);
  }

  /** A genuine token of this history proves that its seq was given out. */
  private advanceFrom({ seq, gen }: Entry): void {
    if (this.isOfLife(gen)) this.advanceProgress({ issued: seq });
  }

  private advanceProgress({ issued = 0, headSeq = 0, gen = 0 }: Partial<QueueProgress>): void {
    this.progress.issued = Math.max(this.progress.issued, issued);
    this.progress.headSeq = Math.max(this.progress.headSeq, headSeq);
    this.progress.gen = Math.max(this.progress.gen, gen);
  }
}
