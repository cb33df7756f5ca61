import { Book, isOver, State } from './book.ts';
import { Limits } from './limits.ts';
import { Presence } from './presence.ts';

/** A leaf: its words behind the type. */
export interface Leaf {
  kind: string;
  ms: number;
  words: string[];
}

/** Something that cannot be so in an honest sale. */
export interface Finding {
  /** Index of the leaf. */
  index: number;
  text: string;
}

/** A clock may step back by this much without anybody having done wrong. */
export const CLOCK_MS = 1000;

/** Leaves that a failover may undo. */
const RECENT = 65_536;
/** Most findings that are kept; all are counted. */
const MAX_FINDINGS = 1000;

/** A sale as far as it has been replayed. */
export class Sale {
  readonly book = new Book();
  readonly presence = new Presence();
  readonly limits = new Limits();
  readonly findings: Finding[] = [];
  readonly counts = {
    leaves: 0,
    issued: 0,
    next: 0,
    rejoined: 0,
    free: 0,
    paid: 0,
    expired: 0,
    released: 0,
    replaced: 0,
    /** Expired or replaced before they were admitted. */
    endedWaiting: 0,
    passedOver: 0,
    restores: 0,
    gaps: 0,
    again: 0,
    /** Sessions that a restore has opened and whose admission the log does not have. */
    opened: 0,
    /** Waiting entries whose turn a restore went past. */
    overtaken: 0,
    /** New beginnings: all numbers of before are void. */
    beginnings: 0,
    /** Leaves between a gap and the next state: they are judged by their form alone. */
    unjudged: 0,
    draws: 0,
    found: 0,
    mostActive: 0,
  };
  /** Everything up to it has had its turn. */
  head = 0;
  issued = 0;
  /** Number of losses. */
  era = 0;
  /** Leaves are lost, and the state has not been said since. */
  isUncertain = false;
  /** A restore is under way: nobody has been admitted since it began. */
  isRestoring = false;
  index = 0;
  /** Of the entries that are issued now. */
  generation = 0;
  /** The last registration that closed or was drawn, and the losses before it. */
  registration: { first: number; last: number; ms: number; era: number; isDrawn: boolean } | undefined;
  /** Time of the last leaf. */
  lastMs = 0;
  /** Time of the latest leaf. */
  ms = 0;
  queueId = '';
  private readonly recent: { kind: string; seq: number }[] = [];

  /** Says that the leaf cannot be. */
  find(text: string): void {
    this.counts.found++;
    if (this.findings.length < MAX_FINDINGS) this.findings.push({ index: this.index, text });
  }

  /** As `find`, unless leaves are lost that may explain it. */
  findIfCertain(text: string): void {
    if (!this.isUncertain) this.find(text);
  }

  remember(kind: string, seq: number): void {
    this.recent[this.counts.leaves % RECENT] = { kind, seq };
  }

  /** The entries that the last leaves were about, as many as Redis has forgotten. */
  *forgotten(leaves: number): Generator<{ kind: string; seq: number }> {
    const last = this.counts.leaves;
    for (let at = last - 1; at >= Math.max(0, last - Math.min(leaves, RECENT)); at--) {
      const leaf = this.recent[at % RECENT];
      if (leaf !== undefined) yield leaf;
    }
  }

  /** Whether something was lost since the log last said how the entry stands. */
  isFromBeforeLoss(seq: number): boolean {
    return this.book.eraOf(seq) < this.era;
  }

  setState(seq: number, state: State): void {
    this.book.setState(seq, state);
    this.book.setEra(seq, this.era);
  }

  /** The entries of (from, to) have had their turn: those that have not ended must have been absent. */
  passOver(from: number, to: number): void {
    for (let seq = from + 1; seq < to; seq++) {
      const state = this.book.state(seq);
      if (isOver(state) || state === State.Active) continue;
      if (state === State.Waiting && this.wasPresent(seq))
        this.findIfCertain(`entry ${seq} was present, and was passed over`);
      if (state !== State.None) this.setState(seq, State.Passed);
      // A restore leaves numbers out: those may never have been issued.
      if (state !== State.None && state !== State.Unknown) this.counts.passedOver++;
    }
  }

  /** Whether the turn may be here: it goes past entries that have ended without a leaf. */
  isTurnAt(seq: number): boolean {
    return seq === this.head || (seq > this.head && isOver(this.book.state(seq)));
  }

  wasPresent(seq: number): boolean {
    return this.book.issuedIn(seq) === this.presence.count + 1 || this.presence.wasPresent(seq);
  }

  /** The leaf has the whole state again: only the sessions that it lists are open. */
  restate(): void {
    for (const seq of this.book.active) this.book.setState(seq, State.Interrupted);
    this.book.rejoined.length = 0;
    this.presence.forget();
    this.isUncertain = false;
  }
}
