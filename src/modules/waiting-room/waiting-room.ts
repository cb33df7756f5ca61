import type { Logger } from '../../platform/observability/logger';
import type { WaitingRoomMetrics } from './metrics';
import type { AdmissionPolicy, EffectiveLimits, OperatorCommand } from './admission/policy';
import { QueueAdmission } from './admission/queue-admission';
import type { Signals } from './admission/signals';
import { IssueRate } from './polling/issue-rate';
import type { Eta } from './polling/eta';
import { QueueEta } from './polling/queue-eta';
import { SnapshotPoller } from './polling/snapshot-poller';
import { QueueEntries } from './queue-entries';
import { observeAdmission, observeEta, observeQueue } from './queue-metrics';
import { type StoreGuards, UNGUARDED } from './recovery/guards';
import { QueueOpening } from './opening/queue-opening';
import { ProgressTracker } from './recovery/progress';
import { type LocalState, StateRecovery } from './recovery/recovery';
import { Registrations } from './recovery/registrations';
import { PendingPresence } from './snapshot/pending-presence';
import { PresenceFlusher } from './snapshot/presence-flusher';
import { SnapshotRefresher } from './snapshot/refresher';
import { Snapshot, type SnapshotPosition } from './snapshot/snapshot';
import type { OverrideReply, SeatLimit } from './state/admission-store';
import type { Entry } from './state/entries/entry';
import type { QueueRepository } from './state/repository';
import type { DrainedLeaves, DrainRequest } from './state/results';
import type { QueueStore } from './state/store';

/**
 * One queue as this process sees it. Answers polls from the snapshot, and leaves the rest to its parts: entries, refresh,
 * presence, admission, recovery.
 */
export class WaitingRoom {
  readonly snapshot = new Snapshot();
  private readonly pending = new PendingPresence();
  private readonly registrations = new Registrations();
  private readonly progress: ProgressTracker;
  private readonly recovery: StateRecovery;
  private readonly flusher: PresenceFlusher;
  private readonly refresher: SnapshotRefresher;
  private readonly admission: QueueAdmission;
  private readonly poller: SnapshotPoller;
  private readonly queueEta: QueueEta;
  private readonly issueRate = new IssueRate();
  readonly entries: QueueEntries;
  /** When the queue opens, and the draw of its order. */
  readonly opening: QueueOpening;

  constructor(
    private readonly store: QueueStore,
    policy: AdmissionPolicy,
    repository: QueueRepository,
    private readonly metrics: WaitingRoomMetrics,
    logger: Logger,
    guards: StoreGuards = UNGUARDED,
  ) {
    const { snapshot, pending, registrations } = this;
    this.progress = new ProgressTracker(store.queueId, repository, logger);
    const local: LocalState = { snapshot, pending, registrations, progress: this.progress };
    this.recovery = new StateRecovery(local, { store, repository, policy, guards, metrics, logger });
    this.flusher = new PresenceFlusher(store, local, this.recovery);
    this.refresher = new SnapshotRefresher(store, local, this.recovery, this.flusher);
    this.admission = new QueueAdmission(policy, snapshot, this.recovery, { store, metrics, logger });
    this.poller = new SnapshotPoller(local, store.rules.maxWaitMs);
    const { recovery, refresher, poller } = this;
    this.entries = new QueueEntries(store, policy, local, {
      recovery,
      refresher,
      poller,
      guards,
      metrics,
      logger,
    });
    this.queueEta = new QueueEta(snapshot, store.rules.sessionMs / 1000);
    this.opening = new QueueOpening(store, snapshot, this.recovery);
  }

  get queueId(): string {
    return this.store.queueId;
  }

  get tokenLifeMs(): number {
    return this.store.tokenLifeMs;
  }

  /** What is in force, as of the snapshot. */
  get limits(): EffectiveLimits {
    return this.admission.limits;
  }

  /** Whether the generation belongs to this queue's current history, as far as this process knows. */
  isOfHistory(gen: number): boolean {
    return this.progress.isOfHistory(gen);
  }

  /** The entry by its number in the order: a draw may have given it another one than its token says. */
  entryOf<T extends Entry>(entry: T): T {
    return this.snapshot.numbers.entryOf(entry);
  }

  /** The status of an entry as of the snapshot, without any effect; undefined when only Redis can tell. */
  peek(entry: Entry): SnapshotPosition | undefined {
    return this.poller.peek(entry);
  }

  /** As `peek`, and the waiting user counts as present, the active user as not idle. */
  poll(entry: Entry): SnapshotPosition | undefined {
    return this.poller.poll(entry);
  }

  /** Marks the user as not idle if the entry is active by the snapshot, also while Redis is away. @returns whether it is */
  touchIfActive(entry: Entry): boolean {
    return this.poller.touchIfActive(entry);
  }

  /** Ends what is past and admits the next entries. @returns whether there is more to do at once */
  async tick(): Promise<boolean> {
    return this.admission.tick();
  }

  /** Reports this process' signals, and decides for all processes when it is its turn. */
  async coordinateAdmission(signals: Signals): Promise<void> {
    await this.admission.coordinate(signals);
  }

  /** Sets how many more may be admitted, so that each finds a seat. @returns active users who may still take one */
  async admitBySeats(limit: SeatLimit): Promise<number> {
    return this.recovery.background((known) => this.store.admission.admitBySeats(limit, known));
  }

  /** Sets or removes the operator override. @param expected tags of those of which the operator has seen one; undefined: any */
  async applyOverride(command: OperatorCommand, value: number, expected?: string[]): Promise<OverrideReply> {
    const reply = await this.admission.applyOverride(command, value, expected);
    await this.refresh();
    return reply;
  }

  /** Brings the snapshot up to date, and saves the progress every few seconds. */
  async refresh(): Promise<void> {
    const { metrics, queueId, snapshot } = this;
    const delta = await this.refresher.refresh();
    this.issueRate.add(delta);
    observeQueue(metrics, queueId, delta, snapshot.waiting);
    observeAdmission(metrics, queueId, this.limits, snapshot);
    observeEta(metrics, queueId, this.queueEta.update(delta));
    await this.refresher.saveProgress();
  }

  /** Reports to Redis who was seen since the last time; if that fails, it is kept for the next time. */
  async flushPresence(): Promise<void> {
    await this.flusher.flush();
  }

  /** Leaves of the transparency log that are not durable yet. */
  async drainLeaves(request: DrainRequest): Promise<DrainedLeaves> {
    return this.recovery.background((known) => this.store.drainLeaves(request, known));
  }

  /** Saves the progress in the database; a failure is logged. */
  async save(): Promise<void> {
    await this.progress.save();
  }

  /** New entries, of all processes, measured over the last 5 s. */
  get issuesPerSecond(): number {
    return this.issueRate.perSecond;
  }

  /** Measured over the last 30 s. */
  get admissionsPerSecond(): number {
    return this.queueEta.admissionsPerSecond;
  }

  /** When an entry at `position` is admitted. */
  etaAt(position: number): Eta {
    return this.queueEta.at(position, this.limits);
  }

  /** As `etaAt`, for the user of this entry: the estimate is recorded, to measure its error later. */
  estimateEta(entry: Entry, position: number): Eta {
    const eta = this.etaAt(position);
    this.queueEta.record(entry, eta);
    return eta;
  }

  /** A client was given this interval until its next poll. */
  recordPollInterval(ms: number): void {
    this.pending.recordPollInterval(ms);
  }
}
