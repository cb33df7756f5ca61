import { monotonicMs } from '../../../common/clock';
import type { SqlExecutor } from '../../../platform/database/database';
import { findingOf, isTooSlow, rowsIn } from '../repository';
import { type Finding, ROWS_SHOWN, type Scan, type Span, type SqlCheck } from '../schema';
import type { ScanStep, TableScan } from '../table-scan';

/** A statement is given up after this share of the time that a unit of database work may take. */
const LIMIT_SHARE = 0.25;
/** After this share of the time no further part is started, so that none is cut off at the end. */
const LAST_START_SHARE = 0.5;
/** A look ends after this many slow statements: when all are slow, the database needs rest. */
const SLOW_MOST = 2;

/** One check of one span: what a look consists of. */
export interface Part {
  check: SqlCheck;
  sql: string;
  span: Span;
}

/** An unchecked part, or (undefined) a scan whose cursor is not known yet. */
export interface Unchecked {
  name: string;
  part: Part | undefined;
}

export const nameOf = ({ check, span }: Part): string => `${check.what}: ${JSON.stringify(span)}`;

/** What belongs to one step of a scan. */
export function partsOf(checks: SqlCheck[], scan: Scan, { fresh, chunk }: ScanStep): Part[] {
  return checks.flatMap((check): Part[] => {
    const { along, whileFresh, fresh: ofFresh = { along, sql: check.sql } } = check;
    return [
      ...(fresh && ofFresh.along === scan ? [{ check, sql: ofFresh.sql, span: fresh }] : []),
      ...(chunk && along === scan && whileFresh === undefined
        ? [{ check, sql: check.sql, span: chunk }]
        : []),
    ];
  });
}

/** One look at rows, in one snapshot and within a time limit; collects what it finds and what it cannot ask. */
export class CheckRun {
  readonly found: { part: Part; finding: Finding }[] = [];
  /** The checks that were run. */
  readonly parts: Part[] = [];
  /** By name: parts that were asked, or covered by one that was, and places that were found. */
  readonly asked = new Set<string>();
  readonly slow: Unchecked[] = [];
  readonly failed: (Unchecked & { error: unknown })[] = [];
  readonly limitMs: number;
  private readonly lastStartMs: number;

  /** @param timeoutMs longest time that the whole look may take */
  constructor(
    private readonly on: SqlExecutor,
    timeoutMs: number,
  ) {
    this.limitMs = timeoutMs * LIMIT_SHARE;
    this.lastStartMs = monotonicMs() + timeoutMs * LAST_START_SHARE;
  }

  /** True when no further check may begin. */
  get isOver(): boolean {
    return this.slow.length >= SLOW_MOST || monotonicMs() > this.lastStartMs;
  }

  /** @returns undefined when the scan's place cannot be found, which is noted */
  async place(scan: TableScan, rows: number): Promise<ScanStep | undefined> {
    const name = `the place of ${scan.name}`;
    return this.noting({ name, part: undefined }, () => scan.step(this.on, rows, this.limitMs));
  }

  /** @returns whether it could run; if not, that is noted */
  async ask(part: Part): Promise<boolean> {
    if (this.parts.some((other) => covers(other, part))) {
      this.asked.add(nameOf(part));
      return true;
    }
    const most = ROWS_SHOWN + 1;
    const question = { sql: part.sql, ...(part.check.binds && { binds: part.check.binds }) };
    const rows = await this.noting({ name: nameOf(part), part }, () =>
      rowsIn(this.on, question, part.span, { most, limitMs: this.limitMs }),
    );
    if (rows === undefined) return false;
    this.parts.push(part);
    const finding = findingOf(part.check, rows);
    if (finding !== undefined) this.found.push({ part, finding });
    return true;
  }

  private async noting<T>(what: Unchecked, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await ask();
      this.asked.add(what.name);
      return answer;
    } catch (error) {
      if (isTooSlow(error)) this.slow.push(what);
      else this.failed.push({ ...what, error });
      return undefined;
    }
  }
}

/** Whether what the second part looks at is among what the first one does. */
export function covers({ sql, span: a }: Part, { sql: other, span: b }: Part): boolean {
  if (sql !== other) return false;
  if (!('first' in a && 'first' in b)) return JSON.stringify(a) === JSON.stringify(b);
  return a.first <= b.first && a.last >= b.last && a.eventsFrom <= b.eventsFrom;
}
