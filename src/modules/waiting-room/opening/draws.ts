import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry } from '../state/entries/entry';
import { Shuffle } from './shuffle';

/** A draw that was made: entries of (firstSeq, lastSeq] have got other numbers by it. */
export interface Draw {
  firstSeq: number;
  lastSeq: number;
  /** Hex. */
  seed: string;
}

/** As the state in Redis keeps them, oldest first: `<first>:<last>:<seed>,…`. */
export const writeDraws = (draws: Draw[]): string =>
  draws.map(({ firstSeq, lastSeq, seed }) => `${firstSeq}:${lastSeq}:${seed}`).join(',');

const DRAW = /^(\d{1,15}):(\d{1,15}):([0-9a-f]{64})$/;

export function readDraws(text: string): Draw[] {
  return text.split(',').flatMap((each) => {
    const [, first, last, seed] = DRAW.exec(each) ?? [];
    return seed === undefined ? [] : [{ firstSeq: Number(first), lastSeq: Number(last), seed }];
  });
}

/** The numbers of a draw. All of them are computed in the background; until then each by itself. */
class DrawnNumbers {
  private readonly shuffle: Shuffle;
  private places: Uint32Array | undefined;
  readonly computed: Promise<void>;

  constructor(readonly draw: Draw) {
    this.shuffle = new Shuffle(Buffer.from(draw.seed, 'hex'), draw.lastSeq - draw.firstSeq);
    this.computed = this.compute();
  }

  of(seq: number): number {
    const { firstSeq, lastSeq } = this.draw;
    if (seq <= firstSeq || seq > lastSeq) return seq;
    const index = seq - firstSeq - 1;
    return lastSeq + 1 + (this.places?.[index] ?? this.shuffle.indexOf(index));
  }

  private async compute(): Promise<void> {
    const rounds = this.shuffle.rounds();
    for (;;) {
      await nextTurn(); // a round takes some ms for a million entries: requests are served between
      const { done, value } = rounds.next();
      if (done === true) {
        this.places = value;
        return;
      }
    }
  }
}

/**
 * Which number an entry has in the order of its queue. A token keeps the number that it was issued with; a draw gives
 * the entry another one, by which everything else knows it.
 */
export class EntryNumbers {
  private text = '';
  private draws: DrawnNumbers[] = [];

  /** Takes the draws as the state keeps them. */
  update(text = ''): void {
    if (text === this.text) return;
    const known = new Map(this.draws.map((numbers) => [writeDraws([numbers.draw]), numbers]));
    this.draws = readDraws(text).map((draw) => known.get(writeDraws([draw])) ?? new DrawnNumbers(draw));
    this.text = text;
  }

  /** Resolves when a number costs no computation any more. */
  async computed(): Promise<void> {
    await Promise.all(this.draws.map(({ computed }) => computed));
  }

  of(seq: number): number {
    let drawn = seq;
    for (const numbers of this.draws) drawn = numbers.of(drawn);
    return drawn;
  }

  /** The entry by its number in the order. */
  entryOf<T extends Entry>(entry: T): T {
    if (this.draws.length === 0) return entry;
    const seq = this.of(entry.seq);
    return seq === entry.seq ? entry : { ...entry, seq };
  }
}
