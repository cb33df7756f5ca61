import { Lifecycle, scoped } from 'tsyringe';
import { Database, type SqlExecutor } from '../../platform/database/database';
import { EVERYTHING, type Finding, ROWS_SHOWN, type Row, type Span, type SqlCheck } from './schema';

const SET_IDS = 'SET @first = ?, @last = ?, @events_from = ?';
const SET_USERS = 'SET @after_user = ?, @after_id = ?, @last_user = ?, @last_id = ?';

const QUEUE_IDS = 'SELECT queue_id AS id FROM queue_state WHERE issued > 0 ORDER BY queue_id';

const STATEMENT_TIMEOUT = 1969;
const MS_PER_SECOND = 1000;

/** The parameters of a check. */
export type Question = Pick<SqlCheck, 'sql' | 'binds'>;

/** Looks for rows that break an invariant. Reads only, and locks nothing: it may run under live traffic. */
@scoped(Lifecycle.ContainerScoped)
export class InvariantRepository {
  constructor(private readonly database: Database) {}

  /** Of the whole tables. @returns undefined when all is well */
  async find(check: SqlCheck): Promise<Finding | undefined> {
    return findingOf(check, await this.rows(check, ROWS_SHOWN + 1));
  }

  /** The first of the offending rows themselves. */
  async rows(check: SqlCheck, most: number): Promise<Row[]> {
    return this.inSnapshot((on) => rowsIn(on, check, EVERYTHING, { most }));
  }

  /** Queues that have issued entries, as far as their progress was saved. */
  async queueIds(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(QUEUE_IDS);
    return rows.map(({ id }) => id);
  }

  /** All tables as of one instant; a check that needs several of them would else see half of a sale. */
  async inSnapshot<T>(work: (on: SqlExecutor) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      await tx.execute('COMMIT'); // the one begun for us is READ COMMITTED
      await tx.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await tx.execute('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      return work(tx);
    });
  }
}

/** @returns undefined when there are no rows */
export function findingOf(
  { what, severity = 'violation' }: Pick<SqlCheck, 'what' | 'severity'>,
  rows: Row[],
): Finding | undefined {
  if (rows.length === 0) return undefined;
  return { what, severity, rows: rows.slice(0, ROWS_SHOWN), more: rows.length > ROWS_SHOWN };
}

/**
 * The offending rows of a span, at most `most`, in the snapshot that `on` has.
 * @throws an error for which `isTooSlow` holds when the server has given up after `limitMs`; the snapshot stays
 */
export async function rowsIn(
  on: SqlExecutor,
  { sql, binds }: Question,
  span: Span,
  { most, limitMs }: { most: number; limitMs?: number | undefined },
): Promise<Row[]> {
  // Variables, so that a check is one prepared statement whatever its span is.
  if ('first' in span) await on.execute(SET_IDS, [span.first, span.last, span.eventsFrom]);
  else await on.execute(SET_USERS, [span.after.userId, span.after.id, span.last.userId, span.last.id]);
  return on.query<Row>(within(limitMs, `SELECT * FROM (${sql}) offending LIMIT ${most}`), binds);
}

/** The SELECT with a time limit that the server keeps; waits for locks count. */
export const within = (limitMs: number | undefined, select: string): string =>
  limitMs === undefined
    ? select
    : `SET STATEMENT max_statement_time = ${limitMs / MS_PER_SECOND} FOR ${select}`;

/** The statement took longer than its limit. */
export const isTooSlow = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && error.errno === STATEMENT_TIMEOUT;
