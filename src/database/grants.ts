import type { SqlExecutor } from '../platform/database/database';
import { quoteAccount, quoteName } from './names';

/**
 * What the application may do, table by table: no more than its statements need. It can neither change what was
 * bought nor rewrite the ledger (payment_history is append-only), and it can create, alter and drop nothing.
 */
export const RIGHTS: Record<string, string> = {
  member: 'SELECT, UPDATE (balance)', // words-allow: member
  concert: 'SELECT',
  concert_schedule: 'SELECT',
  layout: 'SELECT',
  price_class: 'SELECT',
  concert_seat: 'SELECT, UPDATE (status, held_until)',
  reservation: 'SELECT, INSERT, UPDATE (status)',
  payment: 'SELECT, INSERT',
  payment_history: 'SELECT, INSERT',
  idempotency_key: 'SELECT, INSERT, UPDATE, DELETE',
  outbox: 'SELECT, INSERT, UPDATE, DELETE',
  outbox_lease: 'SELECT, INSERT, UPDATE',
  notification: 'SELECT, INSERT, DELETE',
  queue_state: 'SELECT, INSERT, UPDATE',
  // A process serves only when the migrations of its version are there.
  migration: 'SELECT',
};

const TABLES = `SELECT table_name AS name FROM information_schema.tables
                 WHERE table_schema = ? AND table_type = 'BASE TABLE'`;

/** Gives `account` its rights on those tables of `database` that exist; rights it had before stay. @returns how many */
export async function grantRights(on: SqlExecutor, database: string, account: string): Promise<number> {
  const existing = new Set((await on.query<{ name: string }>(TABLES, [database])).map(({ name }) => name));
  const granted = Object.entries(RIGHTS).filter(([table]) => existing.has(table));
  for (const [table, rights] of granted)
    await on.execute(
      `GRANT ${rights} ON ${quoteName(database)}.${quoteName(table)} TO ${quoteAccount(account)}`,
    );
  return granted.length;
}
