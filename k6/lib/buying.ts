import type { Api } from './api.ts';
import { Hall } from './hall.ts';
import {
  balanceDifferences,
  balancesCompared,
  holds,
  seatConflicts,
  ticketsSold,
  visitDone,
} from './metrics.ts';
import { decimal, share, whole } from './options.ts';
import { sleepAbout } from './random.ts';

const THINK = decimal('THINK', 2);
const SEAT_TRIES = whole('SEAT_TRIES', 5);

const SOLD_OUT = '002';
const SEAT_TAKEN = '004';

interface Hold {
  reservationId: number;
  price: number;
}

/** The visit of an active user. Half of the users who abandon it leave before they read the seats, half with a held seat. */
export class Buying {
  private readonly abandon: number;

  constructor(
    private readonly api: Api,
    defaultAbandon: number,
    /** Mean pause at each step, seconds. */
    private readonly think = THINK,
  ) {
    this.abandon = share('ABANDON_SHARE', defaultAbandon);
  }

  /** Picks a seat, tops up exactly its price and pays, so that the balance is the same afterwards. @returns whether it has a ticket */
  visit(token: string): boolean {
    const leaves = Math.random() < this.abandon;
    sleepAbout(this.think);
    if (leaves && Math.random() < 0.5) {
      visitDone();
      return false;
    }
    const hold = this.holdSeat(token);
    if (hold === undefined) return false;
    sleepAbout(this.think);
    const hasTicket = !leaves && this.pay(token, hold);
    if (leaves || hasTicket) visitDone();
    return hasTicket;
  }

  /** After 004 the user picks another seat; after 002 (sold out) it reads the schedules again. */
  private holdSeat(token: string): Hold | undefined {
    let hall: Hall | undefined;
    for (let attempt = 1; attempt <= SEAT_TRIES; attempt++) {
      hall ??= this.readHall(token);
      const seat = hall?.pick();
      if (hall === undefined || seat === undefined) return undefined;
      const held = this.api.reserve(token, hall.scheduleId, seat.seatId);
      const taken = held.code === SEAT_TAKEN;
      seatConflicts.add(taken ? 1 : 0);
      if (held.ok) {
        holds.add(1);
        return { reservationId: held.data.reservationId, price: seat.amount };
      }
      if (held.code === SOLD_OUT) hall = undefined;
      else if (!taken) return undefined;
    }
    return undefined;
  }

  private readHall(token: string): Hall | undefined {
    const hall = Hall.find(this.api, token);
    sleepAbout(this.think);
    return hall;
  }

  private pay(token: string, { reservationId, price }: Hold): boolean {
    const before = this.api.amount(token);
    const charged = this.api.charge(token, price);
    if (!before.ok || !charged.ok) return false;
    compareBalances(before.data.amount + price, charged.data.amount);
    const paid = this.api.payment(token, reservationId);
    if (!paid.ok) return false;
    compareBalances(price, paid.data.paymentAmount);
    ticketsSold.add(1);
    return true;
  }
}

/** Compares the expected with the actual amount (KRW). */
export function compareBalances(expected: number, actual: number): void {
  balancesCompared.add(1);
  balanceDifferences.add(expected === actual ? 0 : 1);
}
