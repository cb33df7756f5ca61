/** A value bound to a placeholder. */
export type SqlParam = string | number | Buffer | Date | null;

/** Runs prepared statements, on its own connection or inside a transaction. */
export interface SqlExecutor {
  /** Rows of a statement that returns some. */
  query<T>(sql: string, binds?: SqlParam[]): Promise<T[]>;
  /** Effect of a statement that returns none. */
  execute(sql: string, binds?: SqlParam[]): Promise<{ affectedRows: number; insertId: number }>;
}

/** `?, ?, …` for a list of `count` values. Always the same count, with `padded`: each is a prepared statement. */
export const placeholders = (count: number): string => Array<string>(count).fill('?').join(', ');

/** `ids`, followed by the first of them as often as it takes to make `count`. */
export const padded = (ids: number[], count: number): number[] => [
  ...ids,
  ...ids.slice(0, 1).flatMap((first) => Array<number>(count - ids.length).fill(first)),
];

/** Ids as a JSON array, each once and in ascending order: rows are locked as a JSON_TABLE lists them. */
export const ascending = (ids: number[]): string =>
  JSON.stringify([...new Set(ids)].sort((one, other) => one - other));
