import type { SqlExecutor } from '../../platform/database/database';
import { type InvariantRepository, rowsIn } from './repository';
import { ROWS_SHOWN, type Row, type Scan, type Span, type SqlCheck, USER_SCANS } from './schema';
import { scansOfAll, type TableScan } from './table-scan';

/** Large enough that a statement costs little beside its rows, small enough to be sorted in memory. */
const CHUNK_ROWS = 20_000;

/** About how many rows the tables have; the server's own estimate, which costs nothing. */
const ESTIMATES = `SELECT table_name AS name, table_rows AS rowCount FROM information_schema.tables
                    WHERE table_schema = DATABASE()`;

/** Receives the approximate number of rows of all scans, and how many have been scanned. */
export interface ScanProgress {
  start(total: number): void;
  advance(by: number): void;
}

/** Offending rows, at most ROWS_SHOWN + 1; `error`: why the check could not read all rows. */
export interface Outcome {
  rows: Row[];
  error?: unknown;
}

/** Whether a check runs on one chunk after the other. The other checks run on all rows at once. */
export const isChunked = ({ along, whileFresh }: SqlCheck): boolean =>
  along !== undefined && whileFresh === undefined;

/**
 * Runs checks of whole tables, one chunk after the other, each in its own snapshot: no statement and no snapshot
 * lasts as long as the whole. A check that cannot run does not stop the others.
 * @param checks chunked ones
 */
export async function scanWholeTables(
  repository: InvariantRepository,
  checks: SqlCheck[],
  progress?: ScanProgress,
  chunkRows = CHUNK_ROWS,
): Promise<Map<SqlCheck, Outcome>> {
  const outcomes = new Map(checks.map((check): [SqlCheck, Outcome] => [check, { rows: [] }]));
  const scans = scansOfAll().filter(({ name }) => checks.some(({ along }) => along === name));
  const estimates = await estimatesOf(repository, scans);
  progress?.start(estimates.reduce((sum, rows) => sum + rows, 0));
  for (const [i, scan] of scans.entries()) {
    const own = checks.filter(({ along }) => along === scan.name);
    let left = estimates[i] ?? 0;
    const advance = (rows: number): void => {
      const by = Math.min(rows, left);
      left -= by;
      progress?.advance(by);
    };
    try {
      while (!(await nextChunk(repository, scan, own, outcomes, chunkRows))) advance(chunkRows);
    } catch (error) {
      for (const check of own) fail(outcomes, check, error);
    }
    advance(left);
  }
  return outcomes;
}

/** @returns whether it was the last */
async function nextChunk(
  repository: InvariantRepository,
  scan: TableScan,
  checks: SqlCheck[],
  outcomes: Map<SqlCheck, Outcome>,
  rows: number,
): Promise<boolean> {
  return repository.inSnapshot(async (on) => {
    const { chunk, isLast, done } = await scan.step(on, rows);
    if (chunk !== undefined) for (const check of checks) await ask(on, check, chunk, outcomes);
    done();
    return isLast;
  });
}

async function ask(
  on: SqlExecutor,
  check: SqlCheck,
  span: Span,
  outcomes: Map<SqlCheck, Outcome>,
): Promise<void> {
  const { rows, error } = outcomes.get(check) ?? { rows: [] };
  const most = ROWS_SHOWN + 1 - rows.length;
  if (error !== undefined || most === 0) return;
  try {
    for (const row of await rowsIn(on, check, span, { most })) rows.push(row);
  } catch (failure) {
    fail(outcomes, check, failure);
  }
}

function fail(outcomes: Map<SqlCheck, Outcome>, check: SqlCheck, error: unknown): void {
  const outcome = outcomes.get(check);
  if (outcome !== undefined) outcome.error ??= error;
}

/** Without them the work is done all the same. */
async function estimatesOf(repository: InvariantRepository, scans: TableScan[]): Promise<number[]> {
  const tables = await repository
    .inSnapshot((on) => on.query<{ name: Scan; rowCount: number | null }>(ESTIMATES))
    .catch(() => []);
  const tableOf = (scan: Scan): string =>
    scan in USER_SCANS ? USER_SCANS[scan as keyof typeof USER_SCANS].table : scan;
  return scans.map((scan) => tables.find(({ name }) => name === tableOf(scan.name))?.rowCount ?? 0);
}
