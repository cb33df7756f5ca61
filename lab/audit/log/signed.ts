import type { RunningRoot } from './hashing.ts';
import type { Checkpoint } from './note.ts';

/** All checkpoints that were signed for a log: its own, and those that were seen elsewhere or before. */
export class Signed {
  readonly contradictions: string[] = [];
  private readonly all: Checkpoint[];
  private readonly sizes: Set<number>;

  constructor(own: Checkpoint, others: Checkpoint[]) {
    this.all = [...others, own];
    this.sizes = new Set(this.all.map(({ size }) => size));
    for (const { size } of others)
      if (size > own.size)
        this.contradictions.push(`a checkpoint of ${size} leaves was seen, and the log has ${own.size}`);
  }

  /** Compares the root of the leaves so far with what was signed for as many. */
  judge(running: RunningRoot): void {
    const { size } = running;
    if (!this.sizes.has(size)) return;
    const root = running.root();
    for (const other of this.all)
      if (other.size === size && !other.root.equals(root))
        this.contradictions.push(`the first ${size} leaves are not those that a checkpoint was signed for`);
  }
}
