import { monotonicMs } from '../../../common/clock';
import { type AdmissionState, INITIAL_ADMISSION_STATE } from '../admission/policy';
import { historyOf } from '../state/generation';
import type { ActiveSession, SnapshotDelta } from '../state/results';
import { EntryNumbers } from '../opening/draws';
import { Presence } from './presence';
import { PresenceMarks } from './presence-marks';

/** The status of an entry as of the snapshot. */
export type SnapshotPosition = { status: 'WAITING'; position: number } | { status: 'PROGRESS' };

/**
 * This process' copy of one queue: the head, the active sessions, and which waiting users are present. A poll is answered
 * from it without any I/O; where it cannot answer (`undefined`), Redis must.
 */
export class Snapshot {
  readonly presence = new Presence();
  /** Entries whose session has ended, as far as this process has seen: for a Redis that has lost it. */
  readonly expired = new PresenceMarks();
  /** Which numbers entries have by the draws that were made. */
  readonly numbers = new EntryNumbers();
  admission: AdmissionState = INITIAL_ADMISSION_STATE;
  private readonly sessions = new Map<number, number>();
  /** Entries whose session has ended since Redis was last asked for changes: its answer may be older than the end. */
  private readonly leftMeanwhile = new Set<number>();
  private state = { issued: 0, headSeq: 0, gen: 0, rejoined: 0, version: 0 };
  private firstGen = 0;
  private waitingCount = 0;
  private admittedTotal = 0;
  private redisMs = 0;
  private takenAtMs = 0;

  get version(): number {
    return this.state.version;
  }

  get gen(): number {
    return this.state.gen;
  }

  get headSeq(): number {
    return this.state.headSeq;
  }

  /** The last seq that was given out. */
  get issued(): number {
    return this.state.issued;
  }

  /** Users who were passed over while absent and came back: they are ahead of all others. */
  get rejoined(): number {
    return this.state.rejoined;
  }

  /** Present waiting users, including the rejoined ones. */
  get waiting(): number {
    return this.waitingCount;
  }

  /** Active users. */
  get active(): number {
    return this.sessions.size;
  }

  /** Redis' clock as far as this process can tell, milliseconds; steps of the host's clock do not move it. */
  get nowMs(): number {
    return this.redisMs + (monotonicMs() - this.takenAtMs);
  }

  /** Redis' clock when the snapshot was taken, milliseconds; 0: there is none yet. */
  get takenAtRedisMs(): number {
    return this.redisMs;
  }

  /** How long ago the snapshot was taken. */
  get ageMs(): number {
    return monotonicMs() - this.takenAtMs;
  }

  /** Admissions since the state in Redis was made. */
  get admitted(): number {
    return this.admittedTotal;
  }

  /** When the queue opens, milliseconds of Redis' clock; 0: it is open. */
  get opensAtMs(): number {
    return this.admission.opensAt ?? 0;
  }

  activeSeqs(): number[] {
    return [...this.sessions.keys()];
  }

  /** To be called before Redis is asked for changes. */
  expectDelta(): void {
    this.leftMeanwhile.clear();
  }

  /** Brings the snapshot up to date. */
  apply(delta: SnapshotDelta): void {
    const { nowMs, issued, headSeq, gen, rejoined, version } = delta;
    if (delta.whole) {
      this.sessions.clear();
      this.presence.clear();
    }
    this.state = { issued, headSeq, gen, rejoined, version };
    this.firstGen = historyOf(gen);
    this.admission = delta.admission;
    this.numbers.update(delta.admission.draws);
    this.admittedTotal = delta.admittedTotal;
    this.redisMs = nowMs;
    this.takenAtMs = monotonicMs();
    for (const { seq, sessionUntilMs } of delta.changes) {
      if (sessionUntilMs === undefined) this.applyLeave(seq, nowMs);
      else if (!this.leftMeanwhile.has(seq)) this.sessions.set(seq, sessionUntilMs);
    }
    this.presence.startEpoch(delta.epoch);
    for (const { epoch, segmentId, bitmap } of delta.bitmaps) this.presence.set(epoch, segmentId, bitmap);
    this.presence.index(headSeq);
    this.waitingCount = rejoined + this.presence.countBetween(headSeq, issued + 1);
  }

  private applyLeave(seq: number, nowMs: number): void {
    if ((this.sessions.get(seq) ?? Infinity) <= nowMs) this.expired.add(seq);
    this.sessions.delete(seq);
  }

  /** Adds admissions that this process knows ahead of the next refresh. */
  enter(seqs: number[], sessionUntilMs: number, headSeq: number): void {
    if (this.state.gen === 0) return;
    for (const seq of seqs) {
      this.sessions.set(seq, sessionUntilMs);
      this.leftMeanwhile.delete(seq);
    }
    if (headSeq > this.state.headSeq) this.state.headSeq = headSeq;
  }

  /** A hold prolongs a session that this snapshot knows. */
  prolong(seq: number, sessionUntilMs: number): void {
    const known = this.sessions.get(seq);
    if (known !== undefined && known < sessionUntilMs) this.sessions.set(seq, sessionUntilMs);
  }

  /** Takes out a session that this process knows to have ended ahead of the next refresh. */
  leave(seq: number): void {
    this.sessions.delete(seq);
    this.leftMeanwhile.add(seq);
  }

  /** Whether `seq` is active and its session has not ended, as far as this process knows. */
  isActive(seq: number): boolean {
    const sessionUntilMs = this.sessions.get(seq);
    return sessionUntilMs !== undefined && sessionUntilMs > this.nowMs;
  }

  /** Whether `seq` has a session, even one past its deadline: Redis may have kept it open (lua/include/sessions.lua). */
  hasSession(seq: number): boolean {
    return this.sessions.has(seq);
  }

  /** How long the session of `seq` still lasts by Redis' clock, milliseconds: negative past its deadline, 0 without a session. */
  leftMs(seq: number): number {
    return (this.sessions.get(seq) ?? this.nowMs) - this.nowMs;
  }

  /** Whether the token has had its turn. */
  hasHadTurn({ seq, gen }: { seq: number; gen: number }): boolean {
    return this.isOfHistory(gen) && seq <= this.state.headSeq;
  }

  /** Whether the generation belongs to the current history and has begun. */
  isOfHistory(gen: number): boolean {
    return gen <= this.state.gen && gen >= this.firstGen;
  }

  /** The status of an entry; undefined when only Redis can tell. */
  peek({ seq, gen }: { seq: number; gen: number }, waitUntilMs: number): SnapshotPosition | undefined {
    const { issued, headSeq, rejoined } = this.state;
    if (!this.isOfHistory(gen) || seq > issued) return undefined;
    if (this.isActive(seq)) return { status: 'PROGRESS' };
    // An entry that has waited too long expires. Redis must learn it, or it would still be admitted.
    if (seq <= headSeq || this.nowMs >= waitUntilMs) return undefined;
    return { status: 'WAITING', position: rejoined + this.presence.countBetween(headSeq, seq) + 1 };
  }

  /** Sessions that have not ended: for a Redis that has lost them. */
  liveSessions(): ActiveSession[] {
    const { nowMs } = this;
    return [...this.sessions]
      .filter(([, until]) => until > nowMs)
      .map(([seq, sessionUntilMs]) => ({ seq, sessionUntilMs }));
  }
}
