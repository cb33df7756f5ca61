import { monotonicMs } from '../../clock';
import type { Logger } from '../../infra/logger';
import type { Metrics } from '../../infra/metrics';
import { type AdmissionPolicy, type Door, doorInForce, type HandAct } from './admission';
import { AdmissionRate, type Eta, EtaCalibration, etaSeconds } from './eta';
import type { Place } from './place';
import { PresenceMarks } from './presence';
import { type Ends, knownEnds } from './ends';
import { lifeOf } from './generation';
import { Registrations } from './registrations';
import type { QueueRepository } from './repository';
import { observeAdmitted, observeDoor, observeEta, observeQueue, observeTick } from './room-metrics';
import type { Signals } from './signals';
import { Snapshot, type Standing } from './snapshot';
import { Steering } from './steering';
import type { Delta, Issued, Progress, QueueStore, Settled, SpentProof } from './store';
import { LOST, UNKNOWN } from './replies';

export type { Place } from './place';

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
  private readonly known: Progress = { issued: 0, serving: 0, gen: 0 };
  private readonly present = new PresenceMarks();
  private readonly registrations = new Registrations();
  /** Told last, so perhaps not in the copy yet. */
  private toldLast: ReturnType<PresenceMarks['take']> = [];
  private active = new Set<number>();
  private askedMs = 0;
  private isCopySound = false;
  private savedAtMs = 0;
  private restoring: Promise<void> | undefined;
  private readonly steering: Steering | undefined;

  constructor(
    private readonly store: QueueStore,
    private readonly policy: AdmissionPolicy,
    private readonly repository: QueueRepository,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.steering = policy.limits && new Steering(store.door, store.queueId, policy.limits, logger);
  }

  get queueId(): string {
    return this.store.queueId;
  }

  /** Whether a session of that generation is of this queue's history as far as this process knows it. */
  isOfLife(gen: number): boolean {
    return lifeOf(gen) === lifeOf(this.known.gen);
  }

  get tokenLifeMs(): number {
    return this.store.tokenLifeMs;
  }

  /** What is in force, as of the snapshot. */
  get door(): Door {
    return doorInForce(this.policy, this.snapshot.door);
  }

  /** Tells what this process has seen of the requests inside; decides for all when it is its turn. */
  async steer(signals: Signals): Promise<void> {
    const { steering } = this;
    if (steering === undefined) return;
    await this.asking((known) => steering.take(signals, this.snapshot.waiting, known));
  }

  /** The operator's hand on the door. */
  async operate(act: HandAct, value: number): Promise<void> {
    await this.asking((known) => this.store.door.hand(act, value, known));
    this.metrics.queueHandActs.inc({ queue: this.queueId, act });
    const what = { queue: this.queueId, act, ...(value > 0 && { value }) };
    this.logger.warn(what, 'the operator has set the door');
    await this.refresh();
  }

  /** @throws ProofSpent (403) when the proof of work has given an entry that is not live any more */
  async issue(userId: number, proof?: SpentProof): Promise<Issued> {
    const issued = await this.asking((known) => this.store.issue(userId, this.policy.cap, known, proof));
    this.learn({ issued: issued.seq, serving: issued.serving, gen: issued.gen });
    this.registrations.confirm(issued, issued.leaseUntilMs > 0);
    if (issued.leaseUntilMs > 0) this.snapshot.enter([issued.seq], issued.leaseUntilMs, issued.serving);
    else this.seen(issued.seq); // the store knows already, but may lose it before any copy has it
    return issued;
  }

  /** In which queue the proof of work is spent: of all queues that claim it here, the first. */
  async claimProof(proof: SpentProof, queueId: string): Promise<string> {
    return this.store.claimProof(proof, queueId);
  }

  /** Where the token stands as of the snapshot, without I/O; undefined when only the store can tell. */
  look(place: Place): Standing | undefined {
    const standing = this.snapshot.look(place, place.iatMs + this.store.rules.waitMs);
    if (standing?.status === 'WAITING') this.seen(place.seq);
    if (standing !== undefined && place.gen < this.snapshot.gen) {
      if (standing.status === 'PROGRESS' && !this.registrations.isConfirmed(place.seq)) return undefined;
      this.registrations.notice(place);
    }
    if (standing?.status === 'PROGRESS') this.active.add(place.seq);
    return standing;
  }

  /** Whether the token is inside as far as this process knows, also while Redis is away. */
  isInside(place: Place): boolean {
    const inside = this.snapshot.isOfLife(place.gen) && this.snapshot.isInside(place.seq);
    if (inside) this.active.add(place.seq);
    return inside;
  }

  /** @param isToHold the user is about to make a hold: the end of its session waits for that */
  async settle(place: Place, isToHold = false): Promise<Settled | typeof UNKNOWN> {
    const settled = await this.asking(
      (known) => this.store.settle(place, this.policy.cap, known, isToHold),
      () => this.learnFrom(place),
    );
    if (settled === UNKNOWN) return settled;
    const isActive = settled.status === 'PROGRESS';
    if (isActive || settled.status === 'WAITING') this.registrations.confirm(place, isActive);
    if (settled.status !== 'PROGRESS') this.snapshot.leave(place.seq);
    else this.snapshot.enter([place.seq], settled.leaseUntilMs, 0);
    if (settled.status === 'PROGRESS') this.learn({ serving: place.seq });
    return settled;
  }

  /** The visitor has paid: its place goes to the next one. Any number of times, by any process. */
  async finish(seq: number): Promise<void> {
    this.snapshot.leave(seq);
    const next = await this.asking((known) => this.store.finish(seq, this.policy.cap, known));
    for (const [i, admitted] of next.admitted.entries())
      this.snapshot.enter([admitted], next.deadlinesMs[i] ?? 0, next.serving);
    this.learn({ serving: next.serving });
    if (next.isNew) this.metrics.queueEnded.inc({ queue: this.queueId, reason: 'paid' });
    observeAdmitted(this.metrics, this.queueId, next);
  }

  /** The user holds a seat: its session lasts as long as the hold, and so long it is not idle. */
  async stay(seq: number, holdMs: number): Promise<void> {
    const leaseUntilMs = await this.asking((known) => this.store.stay(seq, holdMs, known));
    if (leaseUntilMs > 0) this.snapshot.enter([seq], leaseUntilMs, 0);
    else this.logger.warn({ queue: this.queueId, seq }, 'a hold was made whose session has ended');
  }

  /** One admission tick: ends what is past and fills free places. @returns whether there is more to do at once */
  async tick(): Promise<boolean> {
    const tick = await this.asking((known) => this.store.admit(this.policy.cap, known));
    observeTick(this.metrics, this.queueId, tick);
    return tick.more;
  }

  /** Brings the snapshot up to date, and the saved progress every few seconds. */
  async refresh(): Promise<void> {
    const { gen } = this.snapshot;
    let delta = await this.changes();
    if (gen > 0 && delta.gen > gen) {
      // Restored, by whomever: what this process knows goes in first, so that its next copy is whole again.
      await this.reassert();
      await this.tell();
      delta = await this.changes();
    }
    this.snapshot.apply(delta);
    this.learn(delta);
    this.rate.add(delta.nowMs, delta.admittedTotal);
    observeQueue(this.metrics, this.queueId, delta, this.snapshot.waiting);
    observeDoor(this.metrics, this.queueId, this.door, this.snapshot.door.said);
    observeEta(this.metrics, this.queueId, this.calibration.served(delta.serving, delta.nowMs));
    if (monotonicMs() - this.savedAtMs < SAVE_EVERY_MS) return;
    this.savedAtMs = monotonicMs();
    await this.save();
  }

  /** Tells the store who was seen since the last time; what cannot be told is kept for the next time. */
  async tell(): Promise<void> {
    const marks = { bitmaps: this.present.take(), active: [...this.active], askedMs: this.askedMs };
    this.active = new Set();
    this.askedMs = 0;
    try {
      await this.asking((known) => this.store.mark(marks, known));
    } catch (error) {
      this.present.putBack(marks.bitmaps);
      for (const seq of marks.active) this.active.add(seq);
      this.asked(marks.askedMs);
      throw error;
    }
    this.toldLast = marks.bitmaps;
    this.registrations.keepActive((seq) => this.snapshot.hasSession(seq));
    await this.registrations.tell(this.store, this.known.issued);
  }

  /** Saves the progress in the database; a failure is logged, it is saved again soon. */
  async save(): Promise<void> {
    if (this.known.gen === 0) return;
    try {
      await this.repository.save(this.queueId, this.known);
    } catch (err) {
      this.logger.warn({ err, queue: this.queueId }, 'queue progress not saved');
    }
  }

  /** When somebody at `position` gets in. */
  eta({ seq }: Place, position: number): Eta {
    const eta = etaSeconds(position, {
      ...{ door: this.door, inside: this.snapshot.inside },
      ...{ perSecond: this.rate.perSecond, leaseSeconds: this.store.rules.leaseMs / 1000 },
    });
    if (eta.isMeasured && seq > this.snapshot.serving)
      this.calibration.predicted(seq, this.snapshot.nowMs, eta.seconds);
    return eta;
  }

  /** Remembers how long a waiter was told to wait before it asks again. */
  asked(ms: number): void {
    if (ms > this.askedMs) this.askedMs = ms;
  }

  private seen(seq: number): void {
    if (!this.snapshot.presence.isMarked(seq)) this.present.add(seq);
  }

  /**
   * What has changed since this process' copy. A state older than what was known before it was asked for (Redis came
   * back without its last second, or as a replica that lagged) counts as lost.
   */
  private async changes(): Promise<Delta> {
    for (;;) {
      const { serving } = this.known;
      const { version, gen } = this.snapshot;
      const from = this.isCopySound ? version : 0;
      this.isCopySound = false; // unless Redis answers: else its versions may go on from older ones than the copy's
      const delta = await this.asking((known) => this.store.snapshot(from, gen, known));
      this.isCopySound = true;
      const isOlder =
        delta.gen < gen || (delta.gen === gen && (delta.version < version || delta.serving < serving));
      if (!isOlder) return delta;
      this.learn({ issued: delta.issued + 1 }); // given out in the history that is lost, or skipped
      await this.restoreOnce();
    }
  }

  /** Asks a script; a lost state is restored and the script asked again. */
  private async asking<T>(
    ask: (known: number) => Promise<T | typeof LOST>,
    beforeRestore?: () => void,
  ): Promise<T> {
    if (this.known.gen === 0) await this.recall();
    for (let attempt = 1; ; attempt++) {
      const reply = await ask(this.known.issued);
      if (reply !== LOST) return reply;
      if (attempt === 3) throw new Error(`Queue ${this.queueId} could not be restored.`);
      beforeRestore?.();
      await this.restoreOnce();
    }
  }

  /** A process that has just started: Redis may be older than what others, gone by now, have saved. */
  private async recall(): Promise<void> {
    try {
      this.learn((await this.repository.find(this.queueId)) ?? {});
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
    this.learn((await this.repository.find(this.queueId)) ?? {});
    const hadHistory = this.known.gen > 0;
    await this.reassert(await knownEnds(this.repository, this, this.known.gen));
    await this.save();
    if (!hadHistory) return;
    this.metrics.queueRestored.inc({ queue: this.queueId });
    this.logger.warn({ queue: this.queueId, ...this.known }, 'queue state was lost and has been restored');
  }

  /**
   * Gives back to the store what only the processes still know: progress and leases, and (with `tell`) presence.
   * @param ends with which a lost state may be made; without, it is left to be found lost
   */
  private async reassert(ends?: Ends): Promise<void> {
    for (const { segmentId, bitmap } of this.snapshot.presence.bitmaps())
      this.present.merge(segmentId, bitmap);
    this.present.putBack(this.toldLast);
    const leases = this.snapshot.gen > 0 ? this.snapshot.lastingLeases() : undefined;
    const { known, policy, snapshot } = this;
    const made = await this.store.restore(known, policy.cap, leases, snapshot.door, ends ?? null);
    if (made === LOST) return;
    this.learn(made);
    this.registrations.renew();
    await this.registrations.tell(this.store, this.known.issued);
  }

  /** A genuine token of this history proves that its seq was given out. */
  private learnFrom({ seq, gen }: Place): void {
    if (this.isOfLife(gen)) this.learn({ issued: seq });
  }

  private learn({ issued = 0, serving = 0, gen = 0 }: Partial<Progress>): void {
    this.known.issued = Math.max(this.known.issued, issued);
    this.known.serving = Math.max(this.known.serving, serving);
    this.known.gen = Math.max(this.known.gen, gen);
  }
}
