import { createHash, randomUUID } from 'node:crypto';
import type { Database } from '../../src/platform/database/database';
import { appendEvent } from '../../src/modules/outbox/append';
import { IdempotencyRepository } from '../../src/modules/idempotency/repository';
import { paymentDone, reservationMade } from '../../src/modules/outbox/events';
import { PaymentRepository } from '../../src/modules/payments/repository';
import { type HoldRow, ReservationRepository } from '../../src/modules/orders/repository';
import { BalanceRepository } from '../../src/modules/accounts/repository';
import { testConfig } from './config';
import { Given } from './given';
import type { Scratch } from './scratch';

const PRICE = 100;
const HOLD_SECONDS = 300;

/** Sells seats with the product's own statements, as the application's account. */
export class Shop {
  readonly reservations = new ReservationRepository(testConfig({ QUEUE_ID: 'main' }));
  readonly balances = new BalanceRepository();
  readonly payments = new PaymentRepository();
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

  async hold(seatId: number, userId = this.userId): Promise<HoldRow> {
    return this.app.transaction(async (tx) => {
      if (!(await this.reservations.reserveSeat(tx, this.scheduleId, seatId, HOLD_SECONDS, 'main')))
        throw new Error('not taken');
      const row = await this.reservations.insertHold(tx, userId, seatId, HOLD_SECONDS);
      const { id, concertTitle, seatPosition } = row;
      const heldUntil = row.heldUntil.toISOString();
      await appendEvent(
        tx,
        reservationMade({ reservationId: id, userId, concertTitle, seatPosition, heldUntil }),
      );
      return row;
    });
  }

  /** As a request with an Idempotency-Key. @returns the payment's id */
  async pay(
    { id, concertTitle, seatPosition }: HoldRow,
    seatId: number,
    userId = this.userId,
  ): Promise<number> {
    const key = { userId, id: randomUUID(), fingerprint: createHash('sha256').update(String(id)).digest() };
    return this.app.transaction(async (tx) => {
      await this.keys.claim(tx, key);
      if (!(await this.balances.debit(tx, userId, PRICE))) throw new Error('too poor');
      if (!(await this.reservations.sellHold(tx, { id, seatId }, userId))) throw new Error('not sold');
      const paymentId = await this.payments.insertPayment(tx, id, userId, PRICE);
      await this.balances.recordPayment(tx, userId, PRICE, paymentId);
      const event = { reservationId: id, userId, paymentAmount: PRICE, concertTitle, seatPosition };
      await appendEvent(tx, paymentDone(event));
      await this.keys.store(tx, key, 200, '{}');
      return paymentId;
    });
  }

  async charge(amount: number, userId = this.userId): Promise<void> {
    await this.app.transaction((tx) => this.balances.topUp(tx, userId, amount));
  }

  async buy(seatId: number): Promise<{ reservationId: number; paymentId: number }> {
    const held = await this.hold(seatId);
    return { reservationId: held.id, paymentId: await this.pay(held, seatId) };
  }
}
