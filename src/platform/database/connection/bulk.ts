import type { Connection } from 'mariadb';
import type { SqlParam } from '../sql';

/** How a server, or a proxy in front of it, announces COM_STMT_BULK_EXECUTE. */
const KNOWS_BULK = 1n << 34n;
const RETURNS_ROWS = /\bRETURNING\b/;

/**
 * Whether rows can be inserted by the bulk protocol: a prepared statement for one row, and the values of all rows in one
 * packet. The server parses no values, which saves it a third of the statement (ADR 15). It is all or nothing as any
 * statement.
 *
 * Where the server does not know the protocol, the connector would send a statement for each row without waiting, and
 * after a deadlock those behind it would be committed by themselves. It also begins another packet where a column
 * changes its type, so everything goes as text or NULL; bytes cannot.
 */
export const isForBulk = (connection: Connection, rows: SqlParam[][]): boolean =>
  (BigInt(connection.info?.serverCapabilities ?? 0) & KNOWS_BULK) !== 0n &&
  !rows.some((row) => row.some((value) => Buffer.isBuffer(value)));

/** Sends them. @returns what is RETURNING, in the order of the rows */
export async function insertInBulk<T>(connection: Connection, sql: string, rows: SqlParam[][]): Promise<T[]> {
  const asText = textsOf();
  const returned = await connection.batch<T[]>(
    sql,
    rows.map((row) => row.map(asText)),
  );
  if (!RETURNS_ROWS.test(sql)) return [];
  if (returned.length !== rows.length)
    throw new Error(`${returned.length} of ${rows.length} rows came back.`);
  return returned;
}

/**
 * Writes values as text, of which the server makes numbers and times without loss; its time zone is UTC in every session.
 * Rows of a batch share their times, and each is written once.
 */
function textsOf(): (value: SqlParam) => SqlParam {
  const times = new Map<Date, string>();
  const timeText = (time: Date): string => {
    const text = times.get(time) ?? time.toISOString().slice(0, -1).replace('T', ' ');
    times.set(time, text);
    return text;
  };
  return (value) => {
    if (value instanceof Date) return timeText(value);
    return typeof value === 'number' ? String(value) : value;
  };
}
