import { monotonicMs } from '../../../common/clock';
import { type AdmissionState, INITIAL_ADMISSION_STATE } from '../admission/policy';
import { lifeOf } from '../state/generation';
import { Presence, PresenceMarks } from './presence';
import type { SnapshotDelta } from '../state/store';

/** Where a token stands as of the snapshot. */
export type SnapshotPosition = { status: 'WAITING'; position: number } | { status: 'PROGRESS' };

/**
 * This process' copy of one queue: the serving number, who is inside, and who of the waiters is present. With it a
 * poll is answered without any I/O; what it cannot answer (`undefined`) the store settles.
 */
export class Snapshot {
  readonly presence = new Presence();
  /** Whose lease has ended, as far as this process has seen: for a store that has lost it. */
  readonly expired = new PresenceMarks();
  admission: AdmissionState = INITIAL_ADMISSION_STATE;
  private readonly sessions = new Map<number, number>();
  private state = { issued: 0, serving: 0, gen: 0, returned: 0, version: 0 };
  private firstGen = 0;
  private waitingNow = 0;
  private redisMs = 0;
  private takenAtMs = 0;

  get version(): number {
    return this.state.version;
  }

  get gen(): number {
    return this.state.gen;
  }

  get headSeq(): number {
    return this.state.serving;
  }

  /** Present waiters, those who came back included. */
  get waiting(): number {
    return this.waitingNow;
  }

  /** Visitors inside. */
  get active(): number {
    return this.sessions.size;
  }

  /** Redis' clock as far as this process can tell, milliseconds; steps of the host's clock do not move it. */
  get nowMs(): number {
    return this.redisMs + (monotonicMs() - this.takenAtMs);
  }

  /** How long ago the copy was taken. */
  get ageMs(): number {
    return monotonicMs() - this.takenAtMs;
  }

  activeSeqs(): number[] {
    return [...this.sessions.keys()];
  }

  /** Brings the copy up to date. */
  apply(delta: SnapshotDelta): void {
    const { nowMs, issued, headSeq, gen, rejoined, version } = delta;
    if (delta.whole) {
      this.sessions.clear();
      this.presence.clear();
    }
    this.state = { issued, serving: headSeq, gen, returned: rejoined, version };
    this.firstGen = lifeOf(gen);
    this.admission = delta.admission;
    this.redisMs = nowMs;
    this.takenAtMs = monotonicMs();
    for (const { seq, sessionUntilMs } of delta.changes) {
      if (sessionUntilMs === undefined) this.left(seq, nowMs);
      else this.sessions.set(seq, sessionUntilMs);
    }
    this.presence.startEpoch(delta.epoch);
    for (const { epoch, segmentId, bitmap } of delta.bitmaps) this.presence.set(epoch, segmentId, bitmap);
    this.presence.index(headSeq);
    this.waitingNow = rejoined + this.presence.countBetween(headSeq, issued + 1);
  }

  private left(seq: number, nowMs: number): void {
    if ((this.sessions.get(seq) ?? Infinity) <= nowMs) this.expired.add(seq);
    this.sessions.delete(seq);
  }

  /** Takes over what this process has just learnt by itself, ahead of the next refresh. */
  enter(seqs: number[], sessionUntilMs: number, serving: number): void {
    if (this.state.gen === 0) return;
    for (const seq of seqs) this.sessions.set(seq, sessionUntilMs);
    if (serving > this.state.serving) this.state.serving = serving;
  }

  /** A hold prolongs the session of one who is active by this copy. */
  prolong(seq: number, sessionUntilMs: number): void {
    const known = this.sessions.get(seq);
    if (known !== undefined && known < sessionUntilMs) this.sessions.set(seq, sessionUntilMs);
  }

  leave(seq: number): void {
    this.sessions.delete(seq);
  }

  /** Whether `seq` is inside and its lease lasts, as far as this process knows. */
  isActive(seq: number): boolean {
    const sessionUntilMs = this.sessions.get(seq);
    return sessionUntilMs !== undefined && sessionUntilMs > this.nowMs;
  }

  /** Whether `seq` has a session by this copy, past or not: the store may have kept it open (common.lua). */
  hasSession(seq: number): boolean {
    return this.sessions.has(seq);
  }

  /** Whether the token's turn has been called. */
  hasCalled({ seq, gen }: { seq: number; gen: number }): boolean {
    return this.isOfLife(gen) && seq <= this.state.serving;
  }

  /** Whether the history of now has had this generation. */
  isOfLife(gen: number): boolean {
    return gen <= this.state.gen && gen >= this.firstGen;
  }

  /** Where a token stands, or undefined when only the store can tell. */
  peek(place: { seq: number; gen: number }, waitUntilMs: number): SnapshotPosition | undefined {
    const { seq } = place;
    const { issued, serving, returned } = this.state;
    if (!this.isOfLife(place.gen) || seq > issued) return undefined;
    if (this.isActive(seq)) return { status: 'PROGRESS' };
    // Who has waited too long gives up its turn: the store has to know, or it would be let in all the same.
    if (seq <= serving || this.nowMs >= waitUntilMs) return undefined;
    return { status: 'WAITING', position: returned + this.presence.countBetween(serving, seq) + 1 };
  }

  /** Leases that last, for a store that has lost them. */
  liveSessions(): { seq: number; sessionUntilMs: number }[] {
    const { nowMs } = this;
    return [...this.sessions]
      .filter(([, until]) => until > nowMs)
      .map(([seq, sessionUntilMs]) => ({ seq, sessionUntilMs }));
  }
}
