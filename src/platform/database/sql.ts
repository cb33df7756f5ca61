/** A value bound to a placeholder. */
export type SqlParam = string | number | Buffer | Date | null;

/** Runs prepared statements, on its own connection or inside a transaction. */
export interface SqlExecutor {
  /** Rows of a statement that returns some. */
  query<T>(sql: string, binds?: SqlParam[]): Promise<T[]>;
  /** Effect of a statement that returns none. */
  execute(sql: string, binds?: SqlParam[]): Promise<{ affectedRows: number; insertId: number }>;
}

/**
 * For every column of a JSON_TABLE that holds text: without it the column has the database's default, in which letters may
 * be lost without an error.
 */
export const UTF8 = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Inside a transaction. */
export interface SqlWriter extends SqlExecutor {
  /**
   * Inserts any number of rows by one statement, whose `VALUES (…)` is written for one. @returns what is RETURNING, in
   * the order of the rows
   */
  insertRows<T>(sql: string, rows: SqlParam[][]): Promise<T[]>;
}

const ONE_ROW = /\bVALUES (\([^)]*\))/;

/** An INSERT for one row, as one for `count` rows. */
export const forRows = (sql: string, count: number): string =>
  sql.replace(ONE_ROW, (_values, row: string) => `VALUES ${Array<string>(count).fill(row).join(', ')}`);

/** `?, ?, …` for a list of `count` values. Always the same count, with `padded`: each is a prepared statement. */
export const placeholders = (count: number): string => Array<string>(count).fill('?').join(', ');

/** `ids`, followed by the first of them as often as it takes to make `count`. */
export const padded = (ids: number[], count: number): number[] => [
  ...ids,
  ...ids.slice(0, 1).flatMap((first) => Array<number>(count - ids.length).fill(first)),
];

/** Lengths of lists for which statements are prepared. */
const LIST_SIZES = [1, 8, 64, 512, 4096];

/**
 * A statement with an `IN (?)` for each list of ids, in their order: all with as many placeholders as the next of a few
 * sizes, so that a connection keeps few prepared statements of it. It costs the server two thirds of a join with
 * JSON_TABLE (ADR 15).
 */
export function forIds(sql: string, ...lists: number[][]): { sql: string; ids: number[] } {
  const distinct = lists.map((ids) => (ids.length === 0 ? [0] : [...new Set(ids)])); // no row has id 0
  const longest = Math.max(...distinct.map(({ length }) => length));
  const size = LIST_SIZES.find((each) => each >= longest) ?? longest;
  return {
    sql: sql.replaceAll('IN (?)', `IN (${placeholders(size)})`),
    ids: distinct.flatMap((ids) => padded(ids, size)),
  };
}

/** Ids as a JSON array, each once and in ascending order: rows are locked as a JSON_TABLE lists them. */
export const ascending = (ids: number[]): string =>
  JSON.stringify([...new Set(ids)].sort((one, other) => one - other));
