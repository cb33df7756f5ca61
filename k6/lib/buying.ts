import type { Answer } from './answer.ts';
import type { Api } from './api.ts';
import { Hall } from './hall.ts';
import {
  balanceDifferences,
  balancesCompared,
  chooseTime,
  foundNoSeat,
  gaveUp,
  holds,
  holdTime,
  payTime,
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
const NO_ADJACENT_SEATS = 'NO_ADJACENT_SEATS';

interface Hold {
  seats: number;
  /** Won, for all of them. */
  price: number;
  pay: () => Answer<{ paymentAmount: number }>;
}

type Tried = Hold | { code: string };
/** Why a user holds nothing: there was nothing, others were faster again and again, or a request failed. */
type Nothing = 'nothing-left' | 'gave-up' | 'failed';

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

  /**
   * Picks a seat, or as many next to each other as the party wants, tops up exactly the price and pays, so that the balance
   * is the same afterwards. @returns whether it has tickets
   */
  visit(token: string, party = 1): boolean {
    const admittedAt = Date.now();
    const leaves = Math.random() < this.abandon;
    sleepAbout(this.think);
    const hold = leaves && Math.random() < 0.5 ? undefined : this.holdSeats(token, party);
    foundNoSeat.add(hold === 'nothing-left');
    gaveUp.add(hold === 'gave-up');
    if (hold === undefined) visitDone();
    if (hold === undefined || typeof hold === 'string') return false;
    const heldAt = Date.now();
    chooseTime.add(heldAt - admittedAt);
    sleepAbout(this.think);
    const hasTickets = !leaves && this.pay(token, hold);
    if (hasTickets) payTime.add(Date.now() - heldAt);
    if (leaves || hasTickets) visitDone();
    return hasTickets;
  }

  /**
   * As the page does it: after a seat that another user has taken (004) the list is read again, and after 002 (sold out)
   * the schedules. Where the seats of a party are not next to each other, only one of it goes.
   */
  private holdSeats(token: string, party: number): Hold | Nothing {
    let seats = party;
    let hall = Hall.find(this.api, token);
    for (let attempt = 1; attempt <= SEAT_TRIES; attempt++) {
      if (typeof hall === 'string') return hall;
      sleepAbout(this.think);
      const held = seats > 1 ? this.holdOrder(token, hall, seats) : this.holdSeat(token, hall);
      if (!('code' in held)) {
        seatConflicts.add(0);
        holds.add(held.seats);
        return held;
      }
      seatConflicts.add(held.code === SEAT_TAKEN ? 1 : 0);
      if (held.code === NO_ADJACENT_SEATS) seats = 1;
      else if (held.code !== SEAT_TAKEN && held.code !== SOLD_OUT) return 'failed';
      hall =
        held.code === SOLD_OUT ? Hall.find(this.api, token) : Hall.read(this.api, token, hall.scheduleId);
    }
    return typeof hall === 'string' ? hall : 'gave-up';
  }

  private holdSeat(token: string, hall: Hall): Tried {
    const seat = hall.pick();
    const held = this.api.reserve(token, hall.scheduleId, seat.seatId);
    if (!held.ok) return { code: held.code };
    const { reservationId, reservedAt, reservedUntil } = held.data;
    const heldMs = Date.parse(reservedUntil) - Date.parse(reservedAt);
    if (heldMs > 0) holdTime.add(heldMs); // an older service names neither
    return { seats: 1, price: seat.amount, pay: () => this.api.payment(token, reservationId) };
  }

  private holdOrder(token: string, { scheduleId }: Hall, seats: number): Tried {
    const held = this.api.order(token, scheduleId, seats);
    if (!held.ok) return { code: held.code };
    const { orderId, totalAmount: price } = held.data;
    return { seats, price, pay: () => this.api.orderPayment(token, orderId) };
  }

  private pay(token: string, { seats, price, pay }: Hold): boolean {
    const before = this.api.amount(token);
    const charged = this.api.charge(token, price);
    if (!before.ok || !charged.ok) return false;
    compareBalances(before.data.amount + price, charged.data.amount);
    const paid = pay();
    if (!paid.ok) return false;
    compareBalances(price, paid.data.paymentAmount);
    ticketsSold.add(seats);
    return true;
  }
}

/** Compares the expected with the actual amount (KRW). */
export function compareBalances(expected: number, actual: number): void {
  balancesCompared.add(1);
  balanceDifferences.add(expected === actual ? 0 : 1);
}
