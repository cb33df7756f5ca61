import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../observed/history.ts';
import { between, type Random } from '../random.ts';
import type { Programme } from './programme.ts';

/** How likely a party is to do something with its order. */
const ODDS = { releases: 0.15, extends: 0.25, letsItPass: 0.1, cancels: 0.25, looks: 0.3 };
const TRIES = 6;
/** Free seats that it chooses among: few, so that parties meet. */
const WANTED_SEATS = 16;

/** Calls that a party makes through its buyer. */
export interface PartyBuyer {
  chance(odds: number): boolean;
  freeSeats(scheduleId: number): Promise<number[]>;
  looksAtBalance(): Promise<void>;
  wishesOrder(wish: OrderWish): Promise<Operation>;
}

/** An act on an order. */
export interface OrderWish {
  act: 'reserve' | 'pay' | 'release' | 'extend' | 'cancel';
  method: 'POST' | 'DELETE';
  path: string;
  body?: object;
  about: Partial<Operation>;
}

interface HeldOrder {
  orderId: number;
  seatIds: number[];
  reservationIds: number[];
}

/** One to four people who want seats together: an order that is held, and then prolonged, released, paid or given back. */
export class Party {
  private readonly buyer: PartyBuyer;
  private readonly programme: Programme;
  private readonly random: Random;
  private readonly holdMs: number;

  constructor(buyer: PartyBuyer, programme: Programme, random: Random, holdMs: number) {
    this.buyer = buyer;
    this.programme = programme;
    this.random = random;
    this.holdMs = holdMs;
  }

  async buys(size: number): Promise<void> {
    let order = await this.holds(size);
    if (order !== undefined && this.buyer.chance(ODDS.releases)) {
      await this.does('release', order);
      order = await this.holds(size);
    }
    if (order === undefined) return;
    if (this.buyer.chance(ODDS.extends)) await this.does('extend', order);
    if (this.buyer.chance(ODDS.letsItPass)) await sleep(this.holdMs * 1.2);
    const paid = await this.does('pay', order);
    if (this.buyer.chance(ODDS.looks)) await this.buyer.looksAtBalance();
    if (paid.outcome === 'ok' && this.buyer.chance(ODDS.cancels)) await this.does('cancel', order);
    if (this.buyer.chance(ODDS.looks)) await this.buyer.looksAtBalance();
  }

  private async holds(size: number): Promise<HeldOrder | undefined> {
    for (let i = 0; i < TRIES && !this.programme.isClosed; i++) {
      await sleep(between(this.random, 10, 60));
      const { scheduleId } = this.programme;
      const free = (await this.buyer.freeSeats(scheduleId)).slice(0, WANTED_SEATS);
      if (free.length < size) {
        this.programme.next(scheduleId);
        continue;
      }
      const from = between(this.random, 0, free.length - size);
      const seatIds = free.slice(from, from + size).sort((one, other) => one - other);
      const body = { scheduleId: this.programme.scheduleOf(seatIds[0] ?? 0), seatIds };
      const wish = {
        act: 'reserve',
        method: 'POST',
        path: '/v1/api/orders',
        body,
        about: { seatIds },
      } as const;
      const { answered } = await this.buyer.wishesOrder(wish);
      if (answered?.orderId !== undefined)
        return { orderId: answered.orderId, seatIds, reservationIds: answered.reservationIds ?? [] };
    }
    return undefined;
  }

  private does(act: 'pay' | 'release' | 'extend' | 'cancel', order: HeldOrder): Promise<Operation> {
    const { orderId, seatIds, reservationIds } = order;
    const [reservationId = 0] = reservationIds;
    const what = { pay: '/payment', release: '', extend: '/extension', cancel: '/cancellation' }[act];
    return this.buyer.wishesOrder({
      act,
      method: act === 'release' ? 'DELETE' : 'POST',
      path: `/v1/api/orders/${orderId}${what}`,
      about: { seatIds, reservationIds, reservationId },
    });
  }
}
