import { createHash, randomUUID } from 'node:crypto';
import type { Database } from '../../../src/platform/database/database';
import type { Outcome } from '../../../src/platform/database/batch/outcome';
import { IdempotencyRepository } from '../../../src/modules/idempotency/repository';
import { Given } from './given';
import { activeUser, Sales } from './sales';
import type { Scratch } from './scratch';

const PRICE = 100;

/** Sells seats with the product's own statements, as the application's account. */
export class Shop {
  readonly sales = new Sales();
  readonly keys: IdempotencyRepository;
  readonly given: Given;
  private readonly app: Database;
  userId = 0;
  scheduleId = 0;
  seatIds: number[] = [];

  private constructor(scratch: Scratch) {
    this.app = scratch.app;
    this.given = new Given(scratch.admin);
    this.keys = new IdempotencyRepository(scratch.app);
  }

  /** With one rich user and one schedule. */
  static async open(scratch: Scratch, seats = 10): Promise<Shop> {
    const shop = new Shop(scratch);
    shop.userId = await shop.given.user(1_000_000);
    const schedule = await shop.given.scheduleWithSeats(seats, { amount: PRICE });
    shop.scheduleId = schedule.id;
    shop.seatIds = schedule.seats.map(({ id }) => id);
    return shop;
  }

  /** @returns the reservation's id */
  async hold(seatId: number, userId = this.userId): Promise<number> {
    return this.app.transaction(async (tx) => {
      const request = { user: activeUser(userId), scheduleId: this.scheduleId, seatIds: [seatId] };
      const [outcome] = await this.sales.hold(tx, [request]);
      return valueOf(outcome).rows[0]?.id ?? 0;
    });
  }

  /** As a request with an Idempotency-Key. @returns the payment's id */
  async pay(reservationId: number, userId = this.userId): Promise<number> {
    const fingerprint = createHash('sha256').update(String(reservationId)).digest();
    const key = { userId, id: randomUUID(), fingerprint };
    return this.app.transaction(async (tx) => {
      await this.keys.claim(tx, [key]);
      const [outcome] = await this.sales.pay(tx, [{ userId, reservationId }]);
      valueOf(outcome);
      await this.keys.store(tx, [{ key, status: 200, answer: '{}' }]);
      const sql = 'SELECT id FROM payment WHERE reservation_id = ?';
      const [payment] = await tx.query<{ id: number }>(sql, [reservationId]);
      return payment?.id ?? 0;
    });
  }

  async charge(amount: number, userId = this.userId): Promise<void> {
    await this.app.transaction((tx) => this.sales.topUp(tx, userId, amount));
  }

  async buy(seatId: number): Promise<{ reservationId: number; paymentId: number }> {
    const reservationId = await this.hold(seatId);
    return { reservationId, paymentId: await this.pay(reservationId) };
  }
}

function valueOf<T>(outcome: Outcome<T> | undefined): T {
  if (outcome?.kind === 'done') return outcome.value;
  throw new Error(outcome?.kind === 'refused' ? outcome.error.message : 'not decided');
}
