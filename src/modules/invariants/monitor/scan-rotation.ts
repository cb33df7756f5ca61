import { monotonicMs } from '../../../common/clock';
import type { Scan, SqlCheck } from '../schema';
import { scansOfAll, type TableScan } from '../table-scan';
import { type CheckRun, nameOf, partsOf } from './check-run';
import { ChunkSizes } from './chunk-sizes';
import type { UncheckedParts } from './unchecked-parts';

/** Takes the next chunk of every table, in turn, as far as a run's time allows. */
export class ScanRotation {
  /** Those that a run did not reach come first in the next run. */
  private scans: TableScan[] = scansOfAll();
  private readonly chunks = new ChunkSizes();
  /** Scans that were too slow when they were last looked at. */
  private readonly paused = new Set<Scan>();

  /** @param budgetMs what the chunks of a run may take together */
  constructor(
    private readonly checks: SqlCheck[],
    private readonly unchecked: UncheckedParts,
    private readonly budgetMs: number,
  ) {}

  /** @returns what to call for the scans to go on behind their chunks */
  async nextChunks(look: CheckRun, triesAgain: boolean): Promise<(() => void)[]> {
    const done: (() => void)[] = [];
    const inTurn = this.scans;
    for (const [i, scan] of inTurn.entries()) {
      if (look.isOver) {
        this.scans = [...inTurn.slice(i), ...inTurn.slice(0, i)];
        break;
      }
      if (this.paused.has(scan.name) && !triesAgain) continue;
      done.push(await this.nextChunk(look, scan));
    }
    return done;
  }

  private async nextChunk(look: CheckRun, scan: TableScan): Promise<() => void> {
    const startedAtMs = monotonicMs();
    const slowBefore = look.slow.length;
    const rows = this.chunks.of(scan.name);
    const step = await look.place(scan, rows);
    let isWhole = step !== undefined;
    for (const part of step === undefined ? [] : partsOf(this.checks, scan.name, step)) {
      if (this.unchecked.has(nameOf(part))) continue; // is tried again by itself
      if (look.isOver) isWhole = false;
      else await look.ask(part);
    }
    if (look.slow.length > slowBefore) this.paused.add(scan.name);
    else this.paused.delete(scan.name);
    this.chunks.adapt(scan.name, monotonicMs() - startedAtMs, this.budgetMs / this.scans.length);
    return isWhole && step !== undefined ? step.done : () => undefined;
  }
}
