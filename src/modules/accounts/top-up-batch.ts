import { Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../common/errors';
import { ALONE, demand, done, type Outcome, refused } from '../../platform/database/batch/outcome';
import { answersOf, type SqlTransaction } from '../../platform/database/database';
import { BalanceFull } from './errors';
import { type BalanceChange, BalanceRepository, type LedgerEntry } from './repository';

/** Top-ups, many in one transaction (ADR 15): lock the balances, add in the order of arrival, write. */
@scoped(Lifecycle.ContainerScoped)
export class TopUpBatch {
  constructor(private readonly balances: BalanceRepository) {}

  /** @returns the balance after each */
  async work(tx: SqlTransaction, requests: BalanceChange[]): Promise<Outcome<number>[]> {
    // A user whose row another transaction has is to keep nobody else waiting.
    const isAlone = requests.length === 1;
    const userIds = requests.map(({ userId }) => userId);
    const balances = await this.balances.lockUsers(tx, userIds, isAlone);
    const entries: LedgerEntry[] = [];
    const outcomes = requests.map(({ userId, amount }): Outcome<number> => {
      const balance = balances.get(userId);
      if (balance === undefined) return isAlone ? refused(new NotFound(`User ${userId}`)) : ALONE;
      if (balance > Number.MAX_SAFE_INTEGER - amount) return refused(new BalanceFull());
      const balanceAfter = balance + amount;
      balances.set(userId, balanceAfter);
      entries.push({ userId, kind: 'CHARGE', amount, balanceAfter, paymentId: null });
      return done(balanceAfter);
    });
    if (entries.length === 0) return outcomes;
    await answersOf([
      demand(this.balances.credit(tx, entries), () => new BalanceFull()),
      this.balances.insertEntries(tx, entries),
    ]);
    return outcomes;
  }
}
