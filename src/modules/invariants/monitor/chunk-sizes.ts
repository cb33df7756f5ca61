import type { Scan } from '../schema';

const ROWS_AT_FIRST = 1000;
const ROWS_LEAST = 100;
const ROWS_MOST = 10_000;

/** How many rows of each table a look takes: as many as it gets through in the time that it may take. */
export class ChunkSizes {
  private readonly rows = new Map<Scan, number>();

  of(scan: Scan): number {
    return this.rows.get(scan) ?? ROWS_AT_FIRST;
  }

  /** Halves the next chunk after a slow one, and doubles it after a quick one. */
  adapt(scan: Scan, tookMs: number, budgetMs: number): void {
    const rows = this.of(scan);
    if (tookMs > budgetMs) this.rows.set(scan, Math.max(ROWS_LEAST, Math.floor(rows / 2)));
    else if (tookMs < budgetMs / 2) this.rows.set(scan, Math.min(ROWS_MOST, rows * 2));
  }
}
