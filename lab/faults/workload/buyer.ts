import { setTimeout as sleep } from 'node:timers/promises';
import type { Act, Operation } from '../observed/history.ts';
import { between, pick, type Random } from '../random.ts';
import type { Client } from './client.ts';
import { type OrderWish, Party, type PartyBuyer } from './party.ts';
import type { Programme } from './programme.ts';
import { PATIENCE_MS, Sender } from './sender.ts';

/** Seats looked at first: few, so that buyers meet. */
const WANTED_SEATS = 12;
const TRIES_FOR_A_SEAT = 6;

/** Probabilities of a buyer's unusual acts. */
const ODDS = {
  leaves: 0.05,
  letsHoldPass: 0.15,
  paysLate: 0.04,
  paysAgain: 0.05,
  looks: 0.5,
  buysForParty: 0.4,
};
const MOST_SEATS = 4;

/** One visit of one buyer, from the token to the ticket, or to giving up. */
export class Buyer implements PartyBuyer {
  private token = '';
  private readonly userId: number;
  private readonly client: Client;
  private readonly programme: Programme;
  private readonly random: Random;
  private readonly holdMs: number;
  private readonly sender: Sender;

  constructor(userId: number, client: Client, programme: Programme, random: Random, holdMs: number) {
    this.userId = userId;
    this.client = client;
    this.programme = programme;
    this.random = random;
    this.holdMs = holdMs;
    this.sender = new Sender(userId, client, random);
  }

  async visit(): Promise<void> {
    if (!(await this.comes()) || !(await this.waits()) || this.chance(ODDS.leaves)) return;
    await this.charges();
    if (this.chance(ODDS.buysForParty)) {
      const party = new Party(this, this.programme, this.random, this.holdMs);
      await party.buys(between(this.random, 1, MOST_SEATS));
      await this.checks();
      return;
    }
    let held = await this.takesSeat();
    if (held === undefined) return;
    if (this.chance(ODDS.letsHoldPass)) held = await this.letsHoldPass(held.seatId);
    if (held === undefined) return;
    if (this.chance(ODDS.paysLate)) await sleep(this.holdMs * 1.2);
    await this.pays(held.reservationId, held.seatId);
    if (this.chance(ODDS.looks)) await this.looksAtBalance();
    if (this.chance(ODDS.paysAgain)) await this.pays(held.reservationId, held.seatId);
    await this.checks();
  }

  private async comes(): Promise<boolean> {
    const body = { userId: this.userId };
    const { operation, data } = await this.sender.untilKnown((avoid) =>
      this.client.ask(
        { act: 'token', userId: this.userId },
        { method: 'POST', path: '/v1/api/queue/token', body },
        ({ queueToken }) => ({ seq: seqOf(String(queueToken)) }),
        avoid,
      ),
    );
    if (operation.outcome !== 'ok') return false;
    this.token = (data as { queueToken: string }).queueToken;
    return true;
  }

  private async checks(): Promise<Operation> {
    const { operation } = await this.client.ask(
      { act: 'check', userId: this.userId },
      { method: 'POST', path: '/v1/api/queue/token/check', token: this.token },
      ({ status, queuePosition }) => ({ status: String(status), position: Number(queuePosition) }),
    );
    return operation;
  }

  private async waits(): Promise<boolean> {
    const until = performance.now() + 4 * PATIENCE_MS;
    while (performance.now() < until && !this.programme.isClosed) {
      const { answered } = await this.checks();
      if (answered?.status === 'PROGRESS') return true;
      if (answered !== undefined && answered.status !== 'WAITING') return false;
      await sleep(between(this.random, 150, 400));
    }
    return false;
  }

  private async charges(): Promise<void> {
    const amount = MOST_SEATS * this.programme.price + between(this.random, 1, 1_000_000); // unlike the others, so that the checker can tell it apart
    await this.wishes('charge', '/v1/api/user/amount', { amount }, { amount }, ({ amount: balance }) => ({
      amount: Number(balance),
    }));
    if (this.chance(ODDS.looks)) await this.looksAtBalance();
  }

  async looksAtBalance(): Promise<void> {
    await this.client.ask(
      { act: 'balance', userId: this.userId },
      { method: 'GET', path: '/v1/api/user/amount', token: this.token },
      ({ amount }) => ({ amount: Number(amount) }),
    );
  }

  private async takesSeat(): Promise<{ seatId: number; reservationId: number } | undefined> {
    for (let i = 0; i < TRIES_FOR_A_SEAT && !this.programme.isClosed; i++) {
      await sleep(between(this.random, 10, 60));
      const { scheduleId } = this.programme;
      const seats = await this.freeSeats(scheduleId);
      if (seats.length === 0) {
        this.programme.next(scheduleId);
        continue;
      }
      const seatId = pick(this.random, seats.slice(0, WANTED_SEATS));
      const reservationId = await this.reserves(seatId);
      if (reservationId !== undefined) return { seatId, reservationId };
    }
    return undefined;
  }

  async freeSeats(scheduleId: number): Promise<number[]> {
    const { operation, data } = await this.client.ask(
      { act: 'seats', userId: this.userId },
      { method: 'GET', path: `/v1/api/concerts/seat?scheduleId=${scheduleId}`, token: this.token },
    );
    if (operation.outcome === 'ok' && Array.isArray(data))
      return (data as { seatId: number }[]).map(({ seatId }) => seatId);
    await sleep(200);
    return this.programme.someSeats(this.random);
  }

  private async reserves(seatId: number): Promise<number | undefined> {
    const { answered } = await this.wishes(
      'reserve',
      '/v1/api/concerts/reserve',
      { scheduleId: this.programme.scheduleOf(seatId), seatId },
      { seatId },
      ({ reservationId }) => ({ reservationId: Number(reservationId) }),
    );
    return answered?.reservationId;
  }

  private async pays(reservationId: number, seatId: number): Promise<void> {
    await this.wishes('pay', '/v1/api/concerts/payment', { reservationId }, { reservationId, seatId });
  }

  /** Stays inside until the hold is over, and asks for the same seat as soon as it must be free. */
  private async letsHoldPass(seatId: number): Promise<{ seatId: number; reservationId: number } | undefined> {
    await sleep(this.holdMs + 30);
    for (let i = 0; i < 8; i++) {
      const reservationId = await this.reserves(seatId);
      if (reservationId !== undefined) return { seatId, reservationId };
      await sleep(100);
    }
    return undefined;
  }

  /** An act on an order, however often it must be sent. */
  async wishesOrder(wish: OrderWish): Promise<Operation> {
    return this.sender.send(this.token, wish, ({ orderId, seats }) =>
      wish.act === 'reserve'
        ? {
            orderId: Number(orderId),
            reservationIds: (seats as { reservationId: number; seatId: number }[])
              .sort((one, other) => one.seatId - other.seatId)
              .map(({ reservationId }) => reservationId),
          }
        : { orderId: Number(orderId) },
    );
  }

  private async wishes(
    act: Act,
    path: string,
    body: object,
    about: Partial<Operation>,
    tell?: Parameters<Client['ask']>[2],
  ): Promise<Operation> {
    return this.sender.send(this.token, { act, method: 'POST', path, body, about }, tell);
  }

  chance(odds: number): boolean {
    return this.random() < odds;
  }
}

/** The place in line that a token is for. */
function seqOf(token: string): number {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(payload) as { seq: number }).seq;
}
