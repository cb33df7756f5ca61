import { Lifecycle, scoped } from 'tsyringe';
import { NotFound } from '../../common/errors';
import { Database } from '../../platform/database/database';
import { KeyedBatches, type KeyedBatcher } from '../idempotency/batch';
import type { RequestKey } from '../idempotency/key';
import { Breakers } from '../operations/breakers';
import { AccountMetrics } from './metrics';
import { type BalanceChange, BalanceRepository } from './repository';
import type { Balance } from './schema';
import { TopUpBatch } from './top-up-batch';

@scoped(Lifecycle.ContainerScoped)
export class BalanceService {
  private readonly topUps: KeyedBatcher<BalanceChange, number>;

  constructor(
    batches: KeyedBatches,
    topUpBatch: TopUpBatch,
    private readonly database: Database,
    private readonly balances: BalanceRepository,
    private readonly breakers: Breakers,
    private readonly metrics: AccountMetrics,
  ) {
    this.topUps = batches.of({
      name: 'top-up',
      userOf: ({ userId }) => userId,
      work: (tx, requests) => topUpBatch.work(tx, requests),
      answerOf: (amount): Balance => ({ amount }),
    });
  }

  async findBalance(userId: number): Promise<Balance> {
    const amount = await this.breakers.concert.run(() => this.balances.findBalance(this.database, userId));
    if (amount === undefined) throw new NotFound(`User ${userId}`);
    return { amount };
  }

  /** Adds `amount` won. @throws Conflict (409) when the balance would pass 2^53 − 1 */
  async topUp(userId: number, amount: number, key: RequestKey | undefined): Promise<Balance> {
    const balance = await this.breakers.concert.run(() => this.topUps.submit({ userId, amount }, key));
    this.metrics.topUps.inc();
    return { amount: balance };
  }
}
