import { monotonicMs } from '../../clock';
import { type DoorState, UNTOUCHED } from './admission';
import { lifeOf } from './generation';
import { Presence, PresenceMarks } from './presence';
import type { Delta } from './store';

/** Where a token stands as of the snapshot. */
export type Standing = { status: 'WAITING'; position: number } | { status: 'PROGRESS' };

/**
 * This process' copy of one queue: the serving number, who is inside, and who of the waiters is present. With it a
 * poll is answered without any I/O; what it cannot answer (`undefined`) the store settles.
 */
export class Snapshot {
  readonly presence = new Presence();
  /** Whose lease has ended, as far as this process has seen: for a store that has lost it. */
  readonly expired = new PresenceMarks();
  door: DoorState = UNTOUCHED;
  private readonly leases = new Map<number, number>();
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

  get serving(): number {
    return this.state.serving;
  }

  /** Present waiters, those who came back included. */
  get waiting(): number {
    return this.waitingNow;
  }

  /** Visitors inside. */
  get inside(): number {
    return this.leases.size;
  }

  /** Redis' clock as far as this process can tell, milliseconds; steps of the host's clock do not move it. */
  get nowMs(): number {
    return this.redisMs + (monotonicMs() - this.takenAtMs);
  }

  /** How long ago the copy was taken. */
  get ageMs(): number {
    return monotonicMs() - this.takenAtMs;
  }

  seqsInside(): number[] {
    return [...this.leases.keys()];
  }

  /** Brings the copy up to date. */
  apply(delta: Delta): void {
    const { nowMs, issued, serving, gen, returned, version } = delta;
    if (delta.whole) {
      this.leases.clear();
      this.presence.clear();
    }
    this.state = { issued, serving, gen, returned, version };
    this.firstGen = lifeOf(gen);
    this.door = delta.door;
    this.redisMs = nowMs;
    this.takenAtMs = monotonicMs();
    for (const { seq, leaseUntilMs } of delta.changes) {
      if (leaseUntilMs === undefined) this.left(seq, nowMs);
      else this.leases.set(seq, leaseUntilMs);
    }
    this.presence.startEpoch(delta.epoch);
    for (const { epoch, segmentId, bitmap } of delta.bitmaps) this.presence.set(epoch, segmentId, bitmap);
    this.presence.index(serving);
    this.waitingNow = returned + this.presence.countBetween(serving, issued + 1);
  }

  private left(seq: number, nowMs: number): void {
    if ((this.leases.get(seq) ?? Infinity) <= nowMs) this.expired.add(seq);
    this.leases.delete(seq);
  }

  /** Takes over what this process has just learnt by itself, ahead of the next refresh. */
  enter(seqs: number[], leaseUntilMs: number, serving: number): void {
    if (this.state.gen === 0) return;
    for (const seq of seqs) this.leases.set(seq, leaseUntilMs);
    if (serving > this.state.serving) this.state.serving = serving;
  }

  /** A hold prolongs the session of one who is active by this copy. */
  prolong(seq: number, leaseUntilMs: number): void {
    const known = this.leases.get(seq);
    if (known !== undefined && known < leaseUntilMs) this.leases.set(seq, leaseUntilMs);
  }

  leave(seq: number): void {
    this.leases.delete(seq);
  }

  /** Whether `seq` is inside and its lease lasts, as far as this process knows. */
  isInside(seq: number): boolean {
    const leaseUntilMs = this.leases.get(seq);
    return leaseUntilMs !== undefined && leaseUntilMs > this.nowMs;
  }

  /** Whether `seq` has a session by this copy, past or not: the store may have kept it open (place.lua). */
  hasSession(seq: number): boolean {
    return this.leases.has(seq);
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
  look(place: { seq: number; gen: number }, waitUntilMs: number): Standing | undefined {
    const { seq } = place;
    const { issued, serving, returned } = this.state;
    if (!this.isOfLife(place.gen) || seq > issued) return undefined;
    if (this.isInside(seq)) return { status: 'PROGRESS' };
    // Who has waited too long gives up its turn: the store has to know, or it would be let in all the same.
    if (seq <= serving || this.nowMs >= waitUntilMs) return undefined;
    return { status: 'WAITING', position: returned + this.presence.countBetween(serving, seq) + 1 };
  }

  /** Leases that last, for a store that has lost them. */
  lastingLeases(): { seq: number; leaseUntilMs: number }[] {
    const { nowMs } = this;
    return [...this.leases]
      .filter(([, until]) => until > nowMs)
      .map(([seq, leaseUntilMs]) => ({ seq, leaseUntilMs }));
  }
}
