import { Lifecycle, scoped } from 'tsyringe';
import { Conflict, NotFound } from '../../common/errors';
import { Breakers } from '../operations/breakers';
import { Database } from '../../platform/database/database';
import { AccountMetrics } from './metrics';
import type { RequestKey } from '../idempotency/key';
import { IdempotencyService } from '../idempotency/service';
import { BalanceRepository } from './repository';
import type { Balance } from './schema';

@scoped(Lifecycle.ContainerScoped)
export class BalanceService {
  constructor(
    private readonly database: Database,
    private readonly balances: BalanceRepository,
    private readonly idempotency: IdempotencyService,
    private readonly breakers: Breakers,
    private readonly metrics: AccountMetrics,
  ) {}

  async findBalance(userId: number): Promise<Balance> {
    const amount = await this.breakers.concert.run(() => this.balances.findBalance(this.database, userId));
    if (amount === undefined) throw new NotFound(`User ${userId}`);
    return { amount };
  }

  /** Adds `amount` won. @throws Conflict (409) when the balance would pass 2^53 − 1 */
  async topUp(userId: number, amount: number, key: RequestKey | undefined): Promise<Balance> {
    const balance = await this.breakers.concert.run(() =>
      this.idempotency.run(key, async (tx) => {
        const after = await this.balances.topUp(tx, userId, amount);
        if (after === undefined) throw new Conflict('The balance cannot hold that much.');
        return { amount: after };
      }),
    );
    this.metrics.topUps.inc();
    return balance;
  }
}
