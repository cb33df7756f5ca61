import { Lifecycle, scoped } from 'tsyringe';
import {
  forIds,
  type SqlExecutor,
  type SqlTransaction,
  type SqlWriter,
} from '../../platform/database/database';

/** Added to a user's balance; negative: taken off. */
export interface BalanceChange {
  userId: number;
  /** Won. */
  amount: number;
}

export interface LedgerEntry extends BalanceChange {
  kind: 'CHARGE' | 'PAYMENT' | 'REFUND';
  /** Won. */
  balanceAfter: number;
  paymentId: number | null;
}

const BALANCE = 'SELECT balance FROM member WHERE id = ?';

/** In the order of ids, as by every batch. */
const LOCK_USERS = `
  SELECT m.id, m.balance FROM member m FORCE INDEX (PRIMARY) WHERE m.id IN (?) ORDER BY m.id FOR UPDATE`;

const CHANGES = `
  UPDATE JSON_TABLE(?, '$[*]' COLUMNS (user_id BIGINT UNSIGNED PATH '$[0]', amount BIGINT PATH '$[1]')) q
  STRAIGHT_JOIN member m FORCE INDEX (PRIMARY) ON m.id = q.user_id
     SET m.balance = m.balance + q.amount`;

const DEBIT = `${CHANGES} WHERE m.balance + q.amount >= 0`;

const CREDIT = `${CHANGES} WHERE m.balance <= ${Number.MAX_SAFE_INTEGER} - q.amount`;

const INSERT_ENTRIES = `
  INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id) VALUES (?, ?, ?, ?, ?)`;

/** Balances and their ledger: no balance changes without its entry. Each statement is for any number of users. */
@scoped(Lifecycle.ContainerScoped)
export class BalanceRepository {
  async findBalance(on: SqlExecutor, userId: number): Promise<number | undefined> {
    const [row] = await on.query<{ balance: number }>(BALANCE, [userId]);
    return row?.balance;
  }

  /**
   * Locks the users' rows, as each act on their seats and money does first of all.
   * @param isToWait false: a row that another transaction has locked is passed over
   * @returns the balances of the rows that are locked now, by user
   */
  async lockUsers(
    tx: Pick<SqlTransaction, 'read'>,
    userIds: number[],
    isToWait: boolean,
  ): Promise<Map<number, number>> {
    const { sql, ids } = forIds(isToWait ? LOCK_USERS : `${LOCK_USERS} SKIP LOCKED`, userIds);
    const rows = await tx.read<{ id: number; balance: number }>(sql, ids);
    return new Map(rows.map(({ id, balance }) => [id, balance]));
  }

  /** Takes amounts off. @returns false when a balance is too small */
  async debit(tx: SqlExecutor, debits: BalanceChange[]): Promise<boolean> {
    const changes = sums(debits).map(({ userId, amount }) => [userId, -amount]);
    return (await tx.execute(DEBIT, [JSON.stringify(changes)])).affectedRows === changes.length;
  }

  /** Adds amounts. @returns false when a balance would be more than 2^53 − 1 */
  async credit(tx: SqlExecutor, credits: BalanceChange[]): Promise<boolean> {
    const changes = sums(credits).map(({ userId, amount }) => [userId, amount]);
    return (await tx.execute(CREDIT, [JSON.stringify(changes)])).affectedRows === changes.length;
  }

  /** In the order in which the entries follow from each other. */
  async insertEntries(tx: SqlWriter, entries: LedgerEntry[]): Promise<void> {
    const rows = entries.map(({ userId, kind, amount, balanceAfter, paymentId }) => [
      userId,
      kind,
      amount,
      balanceAfter,
      paymentId,
    ]);
    await tx.insertRows(INSERT_ENTRIES, rows);
  }
}

/** One change for each user, in the order of ids. */
function sums(changes: BalanceChange[]): BalanceChange[] {
  const byUser = new Map<number, number>();
  for (const { userId, amount } of changes) byUser.set(userId, (byUser.get(userId) ?? 0) + amount);
  return [...byUser]
    .map(([userId, amount]) => ({ userId, amount }))
    .sort((one, other) => one.userId - other.userId);
}
