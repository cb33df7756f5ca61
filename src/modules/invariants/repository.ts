import type { Database, Statements } from '../../infra/database';
import { EVERYTHING, type Finding, ROWS_SHOWN, type Row, type Span, type SqlCheck } from './schema';

const SET_SPAN = 'SET @first = ?, @last = ?, @events_from = ?';

/** Looks for rows that break an invariant. Reads only, and locks nothing: it may run under live traffic. */
export class InvariantRepository {
  constructor(private readonly database: Database) {}

  /** @returns undefined when all is well */
  async find(check: SqlCheck): Promise<Finding | undefined> {
    return this.inSnapshot((on) => findIn(on, check, EVERYTHING));
  }

  /** The offending rows themselves, at most so many. */
  async rows(check: SqlCheck, most: number): Promise<Row[]> {
    return this.inSnapshot((on) => rowsIn(on, check, EVERYTHING, most));
  }

  /** All tables as of one instant; a check that needs several of them would else see half of a sale. */
  async inSnapshot<T>(work: (on: Statements) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      await tx.run('COMMIT'); // the one begun for us is READ COMMITTED
      await tx.run('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await tx.run('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      return work(tx);
    });
  }
}

/** Looks at a span of ids, in the snapshot that `on` has. @returns undefined when all is well */
export async function findIn(on: Statements, check: SqlCheck, span: Span): Promise<Finding | undefined> {
  return findingOf(check, await rowsIn(on, check, span, ROWS_SHOWN + 1));
}

/** @returns undefined when there are no rows */
export function findingOf(
  { what, severity = 'violation' }: Pick<SqlCheck, 'what' | 'severity'>,
  rows: Row[],
): Finding | undefined {
  if (rows.length === 0) return undefined;
  return { what, severity, rows: rows.slice(0, ROWS_SHOWN), more: rows.length > ROWS_SHOWN };
}

async function rowsIn(
  on: Statements,
  { sql, binds }: SqlCheck,
  { first, last, eventsFrom }: Span,
  most: number,
): Promise<Row[]> {
  // Variables, so that a check is one prepared statement whatever its span is.
  await on.run(SET_SPAN, [first, last, eventsFrom]);
  return on.rows<Row>(`SELECT * FROM (${sql}) offending LIMIT ${most}`, binds);
}
