import { randomInt } from 'node:crypto';
import { BalanceRepository } from '../../../src/modules/accounts/repository';
import { TopUpBatch } from '../../../src/modules/accounts/top-up-batch';
import { ExpiryRepository } from '../../../src/modules/orders/expiry/expiry-repository';
import { HoldBatch, type Held, type HoldRequest } from '../../../src/modules/orders/holds/hold-batch';
import { HoldRepository } from '../../../src/modules/orders/holds/hold-repository';
import { HoldWriter } from '../../../src/modules/orders/holds/hold-writer';
import { OrderRepository } from '../../../src/modules/orders/order-repository';
import { PaymentBatch, type Sale } from '../../../src/modules/payments/batch';
import { PaymentRepository } from '../../../src/modules/payments/repository';
import type { ActiveUser } from '../../../src/modules/waiting-room/state/session';
import { done, GuardFailed, type Outcome } from '../../../src/platform/database/batch/outcome';
import type { SqlTransaction } from '../../../src/platform/database/database';
import { testConfig } from '../config';

export const MAIN = 'main';
export const HOLD_SECONDS = 300;

/** Each time in another session, which no queue has. */
export const activeUser = (userId: number, queueId = MAIN): ActiveUser => ({
  userId,
  queueId,
  gen: 1,
  seq: randomInt(1e9, 1e12),
});

/** The product's own holds, payments and top-ups, in a transaction of the test. */
export class Sales {
  readonly balances = new BalanceRepository();
  readonly expiry = new ExpiryRepository();
  readonly payments: PaymentRepository;
  private readonly holdBatch: HoldBatch;
  private readonly paymentBatch: PaymentBatch;
  private readonly topUpBatch = new TopUpBatch(this.balances);

  /** @param seatLimit 0: none */
  constructor(private readonly seatLimit = 0) {
    const config = testConfig({ QUEUE_ID: MAIN });
    this.payments = new PaymentRepository(config);
    this.holdBatch = new HoldBatch(
      this.balances,
      new HoldRepository(config),
      new HoldWriter(),
      this.expiry,
      new OrderRepository(),
    );
    this.paymentBatch = new PaymentBatch(this.payments, this.balances);
  }

  /** As one batch. */
  async hold(tx: SqlTransaction, requests: HoldRequest[]): Promise<Outcome<Held>[]> {
    return this.holdBatch.work(tx, requests, { holdSeconds: HOLD_SECONDS, seatLimit: this.seatLimit });
  }

  /** As one batch. */
  async pay(
    tx: SqlTransaction,
    requests: { userId: number; reservationId: number }[],
  ): Promise<Outcome<Sale>[]> {
    const payables = requests.map(({ userId, reservationId }) => ({
      user: activeUser(userId),
      reservationId,
    }));
    return this.paymentBatch.work(tx, payables);
  }

  /** As one batch. */
  async topUpAll(
    tx: SqlTransaction,
    topUps: { userId: number; amount: number }[],
  ): Promise<Outcome<number>[]> {
    return this.topUpBatch.work(tx, topUps);
  }

  async topUp(tx: SqlTransaction, userId: number, amount: number): Promise<Outcome<number>> {
    const [outcome = done(0)] = await this.topUpBatch.work(tx, [{ userId, amount }]);
    return outcome;
  }
}

/** What a request was refused with, in its words; undefined: it was done. */
export async function refusalOf(outcomes: Promise<Outcome<unknown>[]>): Promise<string | undefined> {
  try {
    const [outcome] = await outcomes;
    return outcome?.kind === 'refused' ? outcome.error.message : undefined;
  } catch (error) {
    if (error instanceof GuardFailed) return error.refusal.message;
    throw error;
  }
}
