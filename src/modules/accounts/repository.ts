import { Lifecycle, scoped } from 'tsyringe';
import type { SqlExecutor } from '../../platform/database/database';

const BALANCE = 'SELECT balance FROM member WHERE id = ?';

const ADD = 'UPDATE member SET balance = balance + ? WHERE id = ? AND balance <= ? - ?';

const SUBTRACT = 'UPDATE member SET balance = balance - ? WHERE id = ? AND balance >= ?';

/** Follows a change of the balance in the same transaction, which has the user's row locked. */
const INSERT_LEDGER_ENTRY = `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
               SELECT id, ?, ?, balance, ? FROM member WHERE id = ?
               RETURNING balance_after AS balance`;

/** Balances and their ledger: no balance changes without its entry. */
@scoped(Lifecycle.ContainerScoped)
export class BalanceRepository {
  async findBalance(on: SqlExecutor, userId: number): Promise<number | undefined> {
    const [row] = await on.query<{ balance: number }>(BALANCE, [userId]);
    return row?.balance;
  }

  /** @returns the balance after the top-up, or undefined when it would be more than 2^53 − 1 */
  async topUp(tx: SqlExecutor, userId: number, amount: number): Promise<number | undefined> {
    const { affectedRows } = await tx.execute(ADD, [amount, userId, Number.MAX_SAFE_INTEGER, amount]);
    return affectedRows === 1 ? this.insertLedgerEntry(tx, userId, 'CHARGE', amount, null) : undefined;
  }

  /** Locks the user's row and takes `amount` off. @returns false when the balance is too small */
  async debit(tx: SqlExecutor, userId: number, amount: number): Promise<boolean> {
    return (await tx.execute(SUBTRACT, [amount, userId, amount])).affectedRows === 1;
  }

  async recordPayment(tx: SqlExecutor, userId: number, amount: number, paymentId: number): Promise<void> {
    await this.insertLedgerEntry(tx, userId, 'PAYMENT', -amount, paymentId);
  }

  private async insertLedgerEntry(
    tx: SqlExecutor,
    userId: number,
    kind: string,
    amount: number,
    paymentId: number | null,
  ): Promise<number> {
    const [row] = await tx.query<{ balance: number }>(INSERT_LEDGER_ENTRY, [kind, amount, paymentId, userId]);
    if (row === undefined) throw new Error(`No ledger entry for user ${userId}.`);
    return row.balance;
  }
}
