import { groupBy } from '../common/group-by';
import type { SqlExecutor } from '../platform/database/database';
import { quoteAccount, quoteName } from './names';

/**
 * What the application may do, table by table: no more than its statements need. It can neither change what was
 * bought, nor for how much, nor rewrite the ledger (payment_history is append-only), and it can create, alter and drop nothing.
 */
export const RIGHTS: Record<string, string> = {
  member: 'SELECT, INSERT (issuer, subject), UPDATE (balance)', // words-allow: member
  // The organizer's: what a seat costs and where it is never changes once it is there.
  concert: 'SELECT, INSERT, UPDATE (title, queue_id, version)',
  concert_schedule:
    'SELECT, INSERT, UPDATE (starts_at, ends_at, state, opens_at, closes_at, refundable_until, seats_per_user, version)',
  layout: 'SELECT, INSERT',
  price_class: 'SELECT, INSERT',
  concert_seat: 'SELECT, INSERT, UPDATE (status, held_until)',
  operator: 'SELECT',
  audit: 'SELECT, INSERT',
  schedule_cancellation: 'SELECT, INSERT, UPDATE (failed, finished_at)',
  orders: 'SELECT, INSERT, UPDATE (status, held_until, extended, paid_at, ended_at)',
  reservation: 'SELECT, INSERT, UPDATE (status, held_until, hold_seconds, order_id)',
  payment: 'SELECT, INSERT, UPDATE (status, order_id, queue_id, queue_generation, queue_seq)',
  payment_history: 'SELECT, INSERT',
  idempotency_key: 'SELECT, INSERT, UPDATE, DELETE',
  outbox: 'SELECT, INSERT, UPDATE, DELETE',
  outbox_lease: 'SELECT, INSERT, UPDATE',
  notification: 'SELECT, INSERT, DELETE',
  webhook_endpoint: 'SELECT, INSERT, UPDATE, DELETE',
  webhook_delivery: 'SELECT, INSERT, UPDATE, DELETE',
  webhook_attempt: 'SELECT, INSERT',
  queue_state: 'SELECT, INSERT, UPDATE',
  queue_opening: 'SELECT, INSERT, UPDATE',
  // A secret may be added once, and what was drawn is never changed: the statements say so, and the audit has each act.
  queue_commitment: 'SELECT, INSERT, UPDATE (secret)',
  queue_draw: 'SELECT, INSERT, UPDATE (beacon, seed, drawn_at)',
  queue_registrant: 'SELECT, INSERT',
  // Append-only: what a checkpoint was signed over stays.
  transparency_entries: 'SELECT, INSERT',
  transparency_tile: 'SELECT, INSERT',
  transparency_checkpoint: 'SELECT, INSERT',
  // Operators ask for rehearsals; which users and which concert a rehearsal has, and so what is removed after it, is the owner's.
  rehearsal:
    'SELECT, INSERT (queue_id, user_count, seat_count, wait_minutes, real_seats, real_buyers, requested_by, started_at), UPDATE (ended_at)',
  // A process serves only when the migrations of its version are there.
  migration: 'SELECT',
};

const COLUMNS = `SELECT table_name AS name, column_name AS columnName FROM information_schema.columns
                 WHERE table_schema = ?`;

/** Of `INSERT (a, b)`, in a table that was not migrated as far as `b` yet: `INSERT (a)`. */
const ofExisting = (rights: string, columns: ReadonlySet<string>): string =>
  rights
    .split(/, (?![^(]*\))/)
    .flatMap((right) => {
      const [verb = '', list] = right.replace(')', '').split(' (');
      if (list === undefined) return [right];
      const existing = list.split(', ').filter((column) => columns.has(column));
      return existing.length === 0 ? [] : [`${verb} (${existing.join(', ')})`];
    })
    .join(', ');

/**
 * Gives `account` its rights on those tables and columns of `database` that exist; rights it had before stay.
 * @returns on how many tables
 */
export async function grantRights(on: SqlExecutor, database: string, account: string): Promise<number> {
  const columns = await on.query<{ name: string; columnName: string }>(COLUMNS, [database]);
  const tables = groupBy(columns, ({ name }) => name);
  const granted = Object.entries(RIGHTS).filter(([table]) => tables.has(table));
  for (const [table, rights] of granted) {
    const existing = new Set(tables.get(table)?.map(({ columnName }) => columnName));
    await on.execute(
      `GRANT ${ofExisting(rights, existing)} ON ${quoteName(database)}.${quoteName(table)} TO ${quoteAccount(account)}`,
    );
  }
  return granted.length;
}
