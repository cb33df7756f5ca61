import type { QueueRules } from '../../src/modules/queue/store';

const SEEN_AGAIN_MS = 3000;

interface Stay {
  leaseUntilMs: number;
  /** Infinity: never idle. */
  idleUntilMs: number;
}

/** What one process knows of the queue: as of its last refresh, and what it has seen since it last told. */
export interface Copy {
  made: boolean;
  issued: number;
  serving: number;
  returned: number;
  inside: Map<number, number>;
  present: Set<number>;
  /** Present in the newest epoch: no need to tell again. */
  marked: Set<number>;
  toTell: { seen: Set<number>; active: Set<number>; askedMs: number };
}

/** The waiting room's rules in plain sets and loops: slow, and simple enough to be believed. */
export class Oracle {
  nowMs = 0;
  issued: number;
  serving: number;
  epoch = 0;
  readonly inside = new Map<number, Stay>();
  readonly returned = new Set<number>();
  readonly ended = new Map<number, 'DONE' | 'EXPIRED'>();
  private readonly users = new Map<number, { seq: number; iatMs: number }>();
  private readonly seen = new Map<number, Set<number>>();
  private epochAtMs = 0;
  private askedMs = 0;
  private askedBeforeMs = 0;
  private tickedMs = 0;

  constructor(
    private readonly rules: QueueRules,
    private readonly cap: number,
    start: number,
  ) {
    this.issued = this.serving = start;
  }

  get free(): number {
    return Math.max(0, this.cap - this.inside.size);
  }

  isPresent(seq: number): boolean {
    return this.seenIn(this.epoch).has(seq) || this.seenIn(this.epoch - 1).has(seq);
  }

  issue(user: number): { status: string; seq: number; leaseUntilMs: number } {
    const live = this.users.get(user);
    if (live !== undefined) {
      const { seq, iatMs } = live;
      const stay = this.stayOf(seq);
      if (stay !== undefined) return { status: 'PROGRESS', seq, leaseUntilMs: stay.leaseUntilMs };
      if (!this.ended.has(seq) && this.nowMs < iatMs + this.rules.waitMs) {
        this.see(seq);
        if (seq <= this.serving) this.returned.add(seq);
        return { status: 'WAITING', seq, leaseUntilMs: 0 };
      }
      if (!this.ended.has(seq)) this.end(seq, 'EXPIRED');
    }
    const seq = ++this.issued;
    this.users.set(user, { seq, iatMs: this.nowMs });
    if (this.serving === seq - 1 && this.returned.size === 0 && this.free > 0) {
      this.serving = seq;
      this.enter(seq);
      return { status: 'PROGRESS', seq, leaseUntilMs: this.nowMs + this.rules.leaseMs };
    }
    this.see(seq);
    return { status: 'WAITING', seq, leaseUntilMs: 0 };
  }

  settle(seq: number, iatMs: number): { status: string; position: number; leaseUntilMs: number } {
    const stay = this.stayOf(seq);
    if (stay !== undefined) {
      stay.idleUntilMs = Math.max(stay.idleUntilMs, this.idleUntil());
      return { status: 'PROGRESS', position: 0, leaseUntilMs: stay.leaseUntilMs };
    }
    const ended = this.ended.get(seq);
    if (ended !== undefined) return { status: ended, position: 0, leaseUntilMs: 0 };
    if (this.nowMs >= iatMs + this.rules.waitMs) {
      this.end(seq, 'EXPIRED');
      return { status: 'EXPIRED', position: 0, leaseUntilMs: 0 };
    }
    this.see(seq);
    if (seq > this.serving) {
      const ahead = range(this.serving + 1, seq - 1).filter((other) => this.isPresent(other)).length;
      return { status: 'WAITING', position: this.returned.size + ahead + 1, leaseUntilMs: 0 };
    }
    this.returned.add(seq);
    const ahead = [...this.returned].filter((other) => other < seq).length;
    if (ahead > 0 || this.free === 0) return { status: 'WAITING', position: ahead + 1, leaseUntilMs: 0 };
    this.returned.delete(seq);
    this.enter(seq);
    return { status: 'PROGRESS', position: 0, leaseUntilMs: this.nowMs + this.rules.leaseMs };
  }

  finish(seq: number): number[] {
    this.inside.delete(seq);
    this.end(seq, 'DONE');
    return this.fill();
  }

  stay(seq: number, holdMs: number): void {
    const stay = this.inside.get(seq);
    if (stay !== undefined) stay.idleUntilMs = Math.max(stay.idleUntilMs, this.nowMs + holdMs);
  }

  tick(): number[] {
    const first = this.tickedMs === 0;
    const sinceMs = this.nowMs - this.tickedMs;
    if (this.tickedMs <= this.nowMs && sinceMs < this.rules.tickMs * 0.9) return [];
    this.tickedMs = this.nowMs;
    if (!first && sinceMs > Math.max(SEEN_AGAIN_MS, 3 * this.rules.tickMs)) {
      for (const stay of this.inside.values())
        stay.idleUntilMs = Math.max(stay.idleUntilMs, this.nowMs + SEEN_AGAIN_MS);
      this.epochAtMs = this.nowMs;
    }
    this.rotate();
    for (const seq of [...this.inside.keys()]) this.stayOf(seq);
    for (const [seq, { idleUntilMs }] of [...this.inside])
      if (idleUntilMs <= this.nowMs) this.inside.delete(seq);
    return this.fill();
  }

  mark({ seen, active, askedMs }: Copy['toTell']): void {
    this.askedMs = Math.max(this.askedMs, askedMs);
    for (const seq of seen) this.see(seq);
    for (const seq of active) {
      const stay = this.inside.get(seq);
      if (stay !== undefined) stay.idleUntilMs = Math.max(stay.idleUntilMs, this.idleUntil());
    }
  }

  copy(toTell: Copy['toTell']): Copy {
    return {
      made: true,
      issued: this.issued,
      serving: this.serving,
      returned: this.returned.size,
      inside: new Map([...this.inside].map(([seq, { leaseUntilMs }]) => [seq, leaseUntilMs])),
      present: new Set([...this.seenIn(this.epoch), ...this.seenIn(this.epoch - 1)]),
      marked: new Set(this.seenIn(this.epoch)),
      toTell,
    };
  }

  private fill(): number[] {
    const admitted: number[] = [];
    while (this.free > 0) {
      const back = Math.min(...this.returned);
      if (back !== Infinity) {
        this.returned.delete(back);
        if (this.isPresent(back) && !this.ended.has(back)) admitted.push(this.enter(back));
        continue;
      }
      const next = range(this.serving + 1, this.issued).find((seq) => this.isPresent(seq));
      this.serving = next ?? this.issued;
      if (next === undefined) break;
      if (!this.ended.has(next)) admitted.push(this.enter(next));
    }
    return admitted;
  }

  /** The stay of one inside whose lease lasts; a lease that is past ends here. */
  private stayOf(seq: number): Stay | undefined {
    const stay = this.inside.get(seq);
    if (stay === undefined || stay.leaseUntilMs > this.nowMs) return stay;
    this.inside.delete(seq);
    this.end(seq, 'EXPIRED');
    return undefined;
  }

  private end(seq: number, how: 'DONE' | 'EXPIRED'): void {
    this.returned.delete(seq);
    this.ended.set(seq, how);
  }

  private enter(seq: number): number {
    this.inside.set(seq, { leaseUntilMs: this.nowMs + this.rules.leaseMs, idleUntilMs: this.idleUntil() });
    return seq;
  }

  private idleUntil(): number {
    return this.rules.idleMs > 0 ? this.nowMs + this.rules.idleMs : Infinity;
  }

  private rotate(): void {
    const longest = Math.max(
      Math.ceil(this.rules.awayMs / 2),
      3 * Math.max(this.askedMs, this.askedBeforeMs),
    );
    if (this.nowMs - this.epochAtMs < longest) return;
    this.epoch += 1;
    this.epochAtMs = this.nowMs;
    this.askedBeforeMs = this.askedMs;
    this.askedMs = 0;
    for (const seq of this.returned) if (!this.isPresent(seq)) this.returned.delete(seq); // left again
  }

  private see(seq: number): void {
    this.seenIn(this.epoch).add(seq);
  }

  private seenIn(epoch: number): Set<number> {
    const seqs = this.seen.get(epoch) ?? new Set();
    this.seen.set(epoch, seqs);
    return seqs;
  }
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
