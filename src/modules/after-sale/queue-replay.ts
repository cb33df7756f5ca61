import { seqAtShare } from '../catalog/sale-board/chances';
import { Shuffle } from '../waiting-room/opening/shuffle';
import { Presence } from './presence';

export type Why = 'next' | 'rejoined' | 'free';
export type End = 'paid' | 'expired' | 'released' | 'replaced';

export interface Limits {
  activeLimit: number;
  rateLimit: number | undefined;
  paused: boolean;
  source: string;
  /** Infinity: a log of an earlier version does not say it. */
  sessionSeconds: number;
}

const NO_LIMITS: Limits = {
  activeLimit: 0,
  rateLimit: undefined,
  paused: false,
  source: '',
  sessionSeconds: Infinity,
};

export interface Counts {
  issued: number;
  ends: Record<End, number>;
  /** By why; `rejoined` includes users who are back for the rest of their session. */
  admissions: Record<Why, number>;
  /** Entries that ended without a session. */
  endedWaiting: number;
  gaps: number;
  restores: number;
  draws: number;
  /** Milliseconds from the issue (in a draw: from the draw) to the first admission, of each entry that was admitted. */
  waitsMs: number[];
}

const newCounts = (): Counts => ({
  issued: 0,
  ends: { paid: 0, expired: 0, released: 0, replaced: 0 },
  admissions: { next: 0, rejoined: 0, free: 0 },
  endedWaiting: 0,
  gaps: 0,
  restores: 0,
  draws: 0,
  waitsMs: [],
});

/** A queue as far as its log has been replayed. It judges nothing: that is the audit's (`npm run lab -- audit`). */
export class QueueReplay {
  ms = 0;
  issued = 0;
  head = 0;
  admittedTotal = 0;
  sale = '';
  limits: Limits | undefined;
  readonly presence = new Presence();
  readonly active = new Set<number>();
  readonly rejoined = new Set<number>();
  counted = newCounts();
  private readonly issuedAt = new Map<number, number>();

  /** Forgets the counts so far; entries issued before are not counted as refused either. */
  countFromHere(): void {
    this.counted = newCounts();
    for (const seq of this.issuedAt.keys()) if (seq <= this.head) this.issuedAt.delete(seq);
  }

  /** Entries in front of `seq` that wait, and this one, also while nobody has said that it is present. */
  positionOf(seq: number): number {
    return Math.max(1, this.rejoined.size + this.presence.countBetween(this.head, seq));
  }

  /** The entry at a share of those who wait; undefined: nobody does. */
  seqAt(share: number): number | undefined {
    const { head, issued } = this;
    const seq = head + Math.ceil((issued - head) * share);
    if (this.issuedAt.has(seq)) return seq;
    return seqAtShare(share, { headSeq: head, issued }, (upTo) => this.presence.countBetween(head, upTo));
  }

  /** Present entries that wait. */
  get waiting(): number {
    return this.rejoined.size + this.presence.countBetween(this.head, this.issued);
  }

  /** Entries that were never admitted and did not end otherwise: they were absent in their turn, or it did not come. */
  get refused(): { absent: number; notReached: number } {
    let absent = 0;
    for (const seq of this.issuedAt.keys()) if (seq <= this.head) absent++;
    return { absent, notReached: this.issuedAt.size - absent };
  }

  changeLimits(change: Partial<Limits>): void {
    this.limits = { ...NO_LIMITS, ...this.limits, ...change };
  }

  raiseHead(seq: number): void {
    this.head = Math.max(this.head, seq);
  }

  issue(seq: number): void {
    this.counted.issued++;
    this.issued = Math.max(this.issued, seq);
    this.issuedAt.set(seq, this.ms);
  }

  admit(seq: number, why: Why): void {
    this.counted.admissions[why]++;
    this.admittedTotal++;
    this.rejoined.delete(seq);
    this.active.add(seq);
    if (why !== 'rejoined') this.raiseHead(seq);
    const at = this.issuedAt.get(seq);
    if (at === undefined) return; // it is back for the rest of its session
    this.counted.waitsMs.push(this.ms - at);
    this.issuedAt.delete(seq);
  }

  end(seq: number, why: End): void {
    this.counted.ends[why]++;
    this.active.delete(seq);
    this.rejoined.delete(seq);
    if (this.issuedAt.delete(seq)) this.counted.endedWaiting++; // it ended without a session: the user has another entry
  }

  /** All that take part get other numbers, and wait from now on: nobody could be admitted before. */
  draw(first: number, last: number, seed: string): void {
    this.counted.draws++;
    const rounds = new Shuffle(Buffer.from(seed, 'hex'), last - first).rounds();
    let round = rounds.next();
    while (round.done !== true) round = rounds.next();
    for (const [index, place] of round.value.entries())
      if (this.issuedAt.delete(first + 1 + index)) this.issuedAt.set(last + 1 + place, this.ms);
    this.raiseHead(last);
    this.issued = Math.max(this.issued, last + (last - first));
  }

  /** Another history begins: no entry of the one before is in it. */
  forgetEntries(): void {
    this.issuedAt.clear();
    [this.issued, this.head] = [0, 0];
  }

  /** The queue as it is from now on; its open sessions are added behind. */
  restate(issued: number, head: number, paused: boolean): void {
    this.issued = Math.max(this.issued, issued);
    this.raiseHead(head);
    this.active.clear();
    this.rejoined.clear();
    if (this.limits) this.limits.paused = paused;
  }
}
