import { Lifecycle, scoped } from 'tsyringe';
import type { SqlExecutor } from '../../platform/database/database';

const BALANCE = 'SELECT balance FROM member WHERE id = ?';

const ADD = 'UPDATE member SET balance = balance + ? WHERE id = ? AND balance <= ? - ?';

const SUBTRACT = 'UPDATE member SET balance = balance - ? WHERE id = ? AND balance >= ?';

/** Follows a change of the balance in the same transaction, which has the member's row locked. */
const ENTER = `INSERT INTO payment_history (user_id, kind, amount, balance_after, payment_id)
               SELECT id, ?, ?, balance, ? FROM member WHERE id = ?
               RETURNING balance_after AS balance`;

/** Balances and their ledger: no balance changes without its entry. */
@scoped(Lifecycle.ContainerScoped)
export class BalanceRepository {
  async find(on: SqlExecutor, userId: number): Promise<number | undefined> {
    const [row] = await on.query<{ balance: number }>(BALANCE, [userId]);
    return row?.balance;
  }

  /** @returns the balance after the charge, or undefined when it would be more than 2^53 − 1 */
  async charge(tx: SqlExecutor, userId: number, amount: number): Promise<number | undefined> {
    const { affectedRows } = await tx.execute(ADD, [amount, userId, Number.MAX_SAFE_INTEGER, amount]);
    return affectedRows === 1 ? this.enter(tx, userId, 'CHARGE', amount, null) : undefined;
  }

  /** Locks the member's row and takes `amount` off. @returns false when the balance is too small */
  async take(tx: SqlExecutor, userId: number, amount: number): Promise<boolean> {
    return (await tx.execute(SUBTRACT, [amount, userId, amount])).affectedRows === 1;
  }

  async enterPayment(tx: SqlExecutor, userId: number, amount: number, paymentId: number): Promise<void> {
    await this.enter(tx, userId, 'PAYMENT', -amount, paymentId);
  }

  private async enter(
    tx: SqlExecutor,
    userId: number,
    kind: string,
    amount: number,
    paymentId: number | null,
  ): Promise<number> {
    const [row] = await tx.query<{ balance: number }>(ENTER, [kind, amount, paymentId, userId]);
    if (row === undefined) throw new Error(`No ledger entry for user ${userId}.`);
    return row.balance;
  }
}
