import type { QueueRules } from '../../../src/modules/waiting-room/rules';
import { PresenceOracle } from './presence-oracle';

const CATCH_UP_MS = 3000;

interface OracleSession {
  sessionUntilMs: number;
  /** Before holds prolonged it. */
  ownUntilMs: number;
  /** Infinity: never idle. */
  idleUntilMs: number;
}

/** What one process knows of the queue: as of its last refresh, and what it has seen since its last report. */
export interface Copy {
  made: boolean;
  issued: number;
  headSeq: number;
  rejoined: number;
  active: Map<number, number>;
  present: Set<number>;
  /** Present in the newest epoch: no need to tell again. */
  marked: Set<number>;
  pending: { seen: Set<number>; active: Set<number>; longestPollMs: number };
}

/** The waiting room's rules in plain sets and loops: slow, and simple enough to be believed. */
export class Oracle {
  nowMs = 0;
  issued: number;
  headSeq: number;
  readonly presence: PresenceOracle;
  readonly active = new Map<number, OracleSession>();
  readonly rejoined = new Set<number>();
  readonly ended = new Map<number, 'DONE' | 'EXPIRED'>();
  /** Deadlines of the sessions of those who have idled out once. */
  private readonly idled = new Map<number, number>();
  /** Until when a hold under way keeps a session open. */
  private readonly holdings = new Map<number, number>();
  private readonly users = new Map<number, { seq: number; iatMs: number }>();
  private lastTickMs = 0;
  /** No session ends by time or idleness before. */
  private caughtUpAtMs = 0;

  constructor(
    private readonly rules: QueueRules,
    private readonly limit: number,
    start: number,
  ) {
    this.issued = this.headSeq = start;
    this.presence = new PresenceOracle(rules.presenceTimeoutMs);
  }

  get free(): number {
    return Math.max(0, this.limit - this.active.size);
  }

  issue(user: number): { status: string; seq: number; sessionUntilMs: number } {
    const live = this.users.get(user);
    if (live !== undefined) {
      const { seq, iatMs } = live;
      const openUntilMs = this.openUntil(seq);
      if (openUntilMs !== undefined) return { status: 'PROGRESS', seq, sessionUntilMs: openUntilMs };
      if (!this.ended.has(seq) && this.nowMs < iatMs + this.rules.maxWaitMs && !this.hasMissedDeadline(seq)) {
        this.presence.see(seq);
        if (seq <= this.headSeq) this.rejoined.add(seq);
        return { status: 'WAITING', seq, sessionUntilMs: 0 };
      }
      if (!this.ended.has(seq)) this.end(seq, 'EXPIRED');
    }
    const seq = ++this.issued;
    this.users.set(user, { seq, iatMs: this.nowMs });
    if (this.headSeq === seq - 1 && this.rejoined.size === 0 && this.free > 0) {
      this.headSeq = seq;
      return { status: 'PROGRESS', seq, sessionUntilMs: this.enter(seq) };
    }
    this.presence.see(seq);
    return { status: 'WAITING', seq, sessionUntilMs: 0 };
  }

  resolve(
    seq: number,
    iatMs: number,
    isToHold = false,
  ): { status: string; position: number; sessionUntilMs: number; mayHold?: boolean } {
    const openUntilMs = this.openUntil(seq);
    const stay = this.active.get(seq);
    if (openUntilMs !== undefined && stay !== undefined) {
      const { holdRequestMs = 0, holdMs = 0 } = this.rules;
      const withinMs = isToHold ? holdRequestMs : 0;
      const mayHold = !isToHold || this.nowMs < stay.ownUntilMs + holdMs;
      if (isToHold && stay.sessionUntilMs <= this.nowMs)
        return { status: 'EXPIRED', position: 0, sessionUntilMs: 0 };
      if (isToHold && mayHold && stay.sessionUntilMs < this.nowMs + holdRequestMs)
        this.keepOpen(seq, holdRequestMs);
      const idleUntilMs = this.idleUntil(Math.max(this.rules.idleTimeoutMs, withinMs));
      stay.idleUntilMs = Math.max(stay.idleUntilMs, idleUntilMs);
      return { status: 'PROGRESS', position: 0, sessionUntilMs: openUntilMs, mayHold };
    }
    const ended = this.ended.get(seq);
    if (ended !== undefined) return { status: ended, position: 0, sessionUntilMs: 0 };
    if (this.nowMs >= iatMs + this.rules.maxWaitMs || this.hasMissedDeadline(seq)) {
      this.end(seq, 'EXPIRED');
      return { status: 'EXPIRED', position: 0, sessionUntilMs: 0 };
    }
    this.presence.see(seq);
    if (seq > this.headSeq) {
      const ahead = range(this.headSeq + 1, seq - 1).filter((other) => this.presence.has(other)).length;
      return { status: 'WAITING', position: this.rejoined.size + ahead + 1, sessionUntilMs: 0 };
    }
    this.rejoined.add(seq);
    const ahead = [...this.rejoined].filter((other) => other < seq).length;
    if (ahead > 0 || this.free === 0) return { status: 'WAITING', position: ahead + 1, sessionUntilMs: 0 };
    this.rejoined.delete(seq);
    return { status: 'PROGRESS', position: 0, sessionUntilMs: this.enter(seq) };
  }

  finish(seq: number): number[] {
    this.active.delete(seq);
    this.end(seq, 'DONE');
    return this.fill();
  }

  /** @returns the session's deadline; 0: it has none */
  stay(seq: number, holdMs: number): number {
    const stay = this.openUntil(seq) === undefined ? undefined : this.active.get(seq);
    if (stay === undefined) return 0;
    stay.idleUntilMs = Math.max(stay.idleUntilMs, this.nowMs + holdMs);
    stay.sessionUntilMs = Math.max(stay.sessionUntilMs, this.nowMs + holdMs);
    return stay.sessionUntilMs;
  }

  tick(): number[] {
    const first = this.lastTickMs === 0;
    const sinceMs = this.nowMs - this.lastTickMs;
    if (this.lastTickMs <= this.nowMs && sinceMs < this.rules.admissionIntervalMs * 0.9) return [];
    this.lastTickMs = this.nowMs;
    if (!first && sinceMs > Math.max(CATCH_UP_MS, 3 * this.rules.admissionIntervalMs)) {
      this.caughtUpAtMs = this.nowMs + CATCH_UP_MS;
      this.presence.prolong(this.nowMs);
    }
    if (this.presence.rotate(this.nowMs))
      for (const seq of this.rejoined) if (!this.presence.has(seq)) this.rejoined.delete(seq); // left again
    for (const seq of [...this.active.keys()]) this.openUntil(seq);
    for (const [seq, { idleUntilMs, sessionUntilMs }] of [...this.active]) {
      if (idleUntilMs > this.nowMs || this.isCatchingUp) continue;
      this.active.delete(seq);
      if (this.idled.has(seq)) this.end(seq, 'EXPIRED');
      else this.idled.set(seq, sessionUntilMs);
    }
    for (const seq of [...this.idled.keys()])
      if (this.hasMissedDeadline(seq) && !this.active.has(seq)) this.end(seq, 'EXPIRED');
    return this.fill();
  }

  mark({ seen, active, longestPollMs }: Copy['pending']): void {
    this.presence.notePollInterval(longestPollMs);
    for (const seq of seen) this.presence.see(seq);
    for (const seq of active) {
      const stay = this.active.get(seq);
      if (stay !== undefined) stay.idleUntilMs = Math.max(stay.idleUntilMs, this.idleUntil());
    }
  }

  copy(pending: Copy['pending']): Copy {
    return {
      made: true,
      issued: this.issued,
      headSeq: this.headSeq,
      rejoined: this.rejoined.size,
      active: new Map([...this.active].map(([seq, { sessionUntilMs }]) => [seq, sessionUntilMs])),
      present: this.presence.all,
      marked: new Set(this.presence.newest),
      pending,
    };
  }

  private fill(): number[] {
    const admitted: number[] = [];
    while (this.free > 0) {
      const back = Math.min(...this.rejoined);
      if (back !== Infinity) {
        this.rejoined.delete(back);
        if (this.presence.has(back) && !this.isOver(back)) {
          this.enter(back);
          admitted.push(back);
        }
        continue;
      }
      const next = range(this.headSeq + 1, this.issued).find((seq) => this.presence.has(seq));
      this.headSeq = next ?? this.issued;
      if (next === undefined) break;
      if (this.isOver(next)) continue;
      this.enter(next);
      admitted.push(next);
    }
    return admitted;
  }

  /** The deadline of a session that is open; one that is past ends here, unless something keeps it open. */
  private openUntil(seq: number): number | undefined {
    const stay = this.active.get(seq);
    if (stay === undefined || stay.sessionUntilMs > this.nowMs) return stay?.sessionUntilMs;
    const holdingUntilMs = this.holdings.get(seq) ?? 0;
    const isSilent = this.lastTickMs > 0 && this.nowMs - this.lastTickMs > CATCH_UP_MS;
    if (holdingUntilMs > this.nowMs || isSilent || this.isCatchingUp) return stay.sessionUntilMs;
    this.active.delete(seq);
    this.end(seq, 'EXPIRED');
    return undefined;
  }

  private get isCatchingUp(): boolean {
    return this.nowMs < this.caughtUpAtMs && this.caughtUpAtMs - this.nowMs <= CATCH_UP_MS;
  }

  private keepOpen(seq: number, ms: number): void {
    this.holdings.set(seq, Math.max(this.nowMs + ms, this.holdings.get(seq) ?? 0));
  }

  private hasMissedDeadline(seq: number): boolean {
    return (this.idled.get(seq) ?? Infinity) <= this.nowMs;
  }

  private isOver(seq: number): boolean {
    return this.ended.has(seq) || this.hasMissedDeadline(seq);
  }

  private end(seq: number, how: 'DONE' | 'EXPIRED'): void {
    this.idled.delete(seq);
    this.rejoined.delete(seq);
    this.ended.set(seq, how);
  }

  /** @returns the session's deadline */
  private enter(seq: number): number {
    const sessionUntilMs = this.idled.get(seq) ?? this.nowMs + this.rules.sessionMs;
    this.active.set(seq, { sessionUntilMs, ownUntilMs: sessionUntilMs, idleUntilMs: this.idleUntil() });
    return sessionUntilMs;
  }

  private idleUntil(ms = this.rules.idleTimeoutMs): number {
    return this.rules.idleTimeoutMs > 0 ? this.nowMs + ms : Infinity;
  }
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
