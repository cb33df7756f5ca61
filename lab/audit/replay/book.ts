/** States of an entry by the log. */
export const State = {
  /** Never heard of. */
  None: 0,
  /** Perhaps issued: the leaf is lost. */
  Unknown: 1,
  Waiting: 2,
  /** Its turn came while it was absent. */
  Passed: 3,
  Active: 4,
  /** Idle once: it may come back for the rest of its session. */
  Released: 5,
  /** A restore did not bring its session back. */
  Interrupted: 6,
  Expired: 7,
  Replaced: 8,
  Paid: 9,
} as const;
export type State = (typeof State)[keyof typeof State];

export const isOver = (state: State): boolean => state >= State.Expired;

const START = 1024;

/** A number for each seq. */
class Numbers<A extends Uint8Array | Int32Array> {
  private numbers: A;
  private readonly make: (length: number) => A;

  constructor(make: (length: number) => A) {
    this.make = make;
    this.numbers = make(START);
  }

  get(seq: number): number {
    return this.numbers[seq] ?? 0;
  }

  set(seq: number, value: number): void {
    if (seq >= this.numbers.length) {
      const grown = this.make(Math.max(seq + 1, 2 * this.numbers.length));
      grown.set(this.numbers);
      this.numbers = grown;
    }
    this.numbers[seq] = value;
  }
}

/** The entries of a queue. */
export class Book {
  private readonly states = new Numbers((length) => new Uint8Array(length));
  private readonly eras = new Numbers((length) => new Int32Array(length));
  private readonly epochs = new Numbers((length) => new Int32Array(length));
  readonly active = new Set<number>();
  /** Entries that were passed over and have rejoined, in descending order. */
  readonly rejoined: number[] = [];

  state(seq: number): State {
    return this.states.get(seq) as State;
  }

  setState(seq: number, state: State): void {
    if (state === State.Active) this.active.add(seq);
    else this.active.delete(seq);
    this.states.set(seq, state);
  }

  /** In which count of epochs it was issued. */
  issuedIn(seq: number): number {
    return this.epochs.get(seq);
  }

  setIssuedIn(seq: number, epoch: number): void {
    this.epochs.set(seq, epoch);
  }

  /** After how many losses its state was last stated. */
  eraOf(seq: number): number {
    return this.eras.get(seq);
  }

  setEra(seq: number, era: number): void {
    this.eras.set(seq, era);
  }

  rejoin(seq: number): void {
    const at = this.placeOf(seq);
    if (this.rejoined[at] !== seq) this.rejoined.splice(at, 0, seq);
  }

  leaveRejoined(seq: number): boolean {
    const at = this.placeOf(seq);
    if (this.rejoined[at] !== seq) return false;
    this.rejoined.splice(at, 1);
    return true;
  }

  private placeOf(seq: number): number {
    let [from, to] = [0, this.rejoined.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.rejoined[middle] ?? 0) > seq) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
