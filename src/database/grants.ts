import type { SqlExecutor } from '../platform/database/database';
import { quoteAccount, quoteName } from './names';

/**
 * What the application may do, table by table: no more than its statements need. It can neither change what was
 * bought, nor for how much, nor rewrite the ledger (payment_history is append-only), and it can create, alter and drop nothing.
 */
export const RIGHTS: Record<string, string> = {
  member: 'SELECT, UPDATE (balance)', // words-allow: member
  concert: 'SELECT',
  concert_schedule: 'SELECT',
  layout: 'SELECT',
  price_class: 'SELECT',
  concert_seat: 'SELECT, UPDATE (status, held_until)',
  orders: 'SELECT, INSERT, UPDATE (status, held_until, extended, paid_at, ended_at)',
  reservation: 'SELECT, INSERT, UPDATE (status, held_until, order_id)',
  payment: 'SELECT, INSERT, UPDATE (status, queue_id, queue_generation, queue_seq)',
  payment_history: 'SELECT, INSERT',
  idempotency_key: 'SELECT, INSERT, UPDATE, DELETE',
  outbox: 'SELECT, INSERT, UPDATE, DELETE',
  outbox_lease: 'SELECT, INSERT, UPDATE',
  notification: 'SELECT, INSERT, DELETE',
  queue_state: 'SELECT, INSERT, UPDATE',
  // A process serves only when the migrations of its version are there.
  migration: 'SELECT',
};

const COLUMNS = `SELECT table_name AS tableName, column_name AS columnName FROM information_schema.columns
                  WHERE table_schema = ?`;

/**
 * Gives `account` its rights on those tables and columns of `database` that exist: the migrations may have been applied
 * up to an earlier one. Rights it had before stay. @returns how many tables
 */
export async function grantRights(on: SqlExecutor, database: string, account: string): Promise<number> {
  const existing = new Map<string, Set<string>>();
  for (const { tableName, columnName } of await on.query<{ tableName: string; columnName: string }>(COLUMNS, [
    database,
  ]))
    existing.set(tableName, (existing.get(tableName) ?? new Set()).add(columnName));
  const granted = Object.entries(RIGHTS).filter(([table]) => existing.has(table));
  for (const [table, rights] of granted)
    await on.execute(
      `GRANT ${onColumns(rights, existing.get(table) ?? new Set())} ON ${quoteName(database)}.${quoteName(table)} TO ${quoteAccount(account)}`,
    );
  return granted.length;
}

/** The rights, without the columns that do not exist. */
const onColumns = (rights: string, columns: Set<string>): string =>
  rights.replace(/\(([^()]*)\)/g, (_list, names: string) => {
    const those = names.split(', ').filter((name) => columns.has(name));
    return `(${those.join(', ')})`;
  });
