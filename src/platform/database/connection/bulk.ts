import type { Connection } from 'mariadb';
import type { SqlParam } from '../sql';

/** How a server, or a proxy in front of it, announces COM_STMT_BULK_EXECUTE. */
const KNOWS_BULK = 1n << 34n;

/**
 * Whether rows can be inserted by the bulk protocol: a prepared statement for one row, and the values of all rows in one
 * packet. The server parses no values, which saves it a third of the statement (ADR 15). It is all or nothing as any
 * statement.
 *
 * Where the server does not know the protocol, the connector would send a statement for each row without waiting, and
 * after a deadlock those behind it would be committed by themselves. It also begins another packet where a column
 * changes its type, so there are texts and NULL only. MariaDB 10.11 returns no rows of it.
 */
export const isForBulk = (connection: Connection, sql: string, rows: SqlParam[][]): boolean =>
  (BigInt(connection.info?.serverCapabilities ?? 0) & KNOWS_BULK) !== 0n &&
  !/\bRETURNING\b/.test(sql) &&
  rows.every((row) => row.every((value) => value === null || typeof value !== 'object'));

/** Sends them. The server makes numbers of texts without loss. */
export async function insertInBulk(connection: Connection, sql: string, rows: SqlParam[][]): Promise<void> {
  await connection.batch(
    sql,
    rows.map((row) => row.map((value) => (typeof value === 'number' ? String(value) : value))),
  );
}
