import { setTimeout as sleep } from 'node:timers/promises';
import type { History, Operation } from '../observed/history.ts';
import { between, type Random } from '../random.ts';
import type { Programme } from '../workload/programme.ts';
import { claimsOf, type Held, heldIn, placeIn, tokenIn } from './answers.ts';
import { Connections } from './connections.ts';
import type { Line } from './line.ts';
import type { Seats } from './seats.ts';

/** Share of the admitted users who buy; the others read the seats and leave silently. */
const BUYERS = 0.7;
/** Share of the buyers who hold seats and then leave. */
const ABANDON = 0.05;
const MOST_SEATS = 2;
/** While there is nothing to choose, a user tops up: a session without a request ends. */
const AMOUNT = '/v1/api/user/amount';
const THINK_MS: [number, number] = [300, 1500];
const AGAIN_MS: [number, number] = [500, 1500];
const MOST_TOKENS = 5;
const CONNECTIONS = { waiting: 24, buying: 12 };

interface Surroundings {
  line: Line;
  seats: Seats;
  programme: Programme;
  history: History;
  holdMs: number;
  random: Random;
}

export interface Counts {
  issued: number;
  admitted: number;
  seatsSold: number;
  paid: number;
  soldOut: number;
  /** Their entry was of a history that Redis has lost, and they got another one. */
  otherEntry: number;
}

/** The users of a sale: each takes an entry, waits as the buyer's page does, and buys or leaves. */
export class Users {
  readonly counts: Counts = { issued: 0, admitted: 0, seatsSold: 0, paid: 0, soldOut: 0, otherEntry: 0 };
  /** What was acknowledged: holds and payments. */
  readonly operations: Operation[] = [];
  /** The last token of each user who got one. */
  readonly tokens = new Map<number, string>();
  isOver = false;
  private readonly waiting: Connections;
  private readonly buying: Connections;
  private readonly line: Line;
  private readonly seats: Seats;
  private readonly programme: Programme;
  private readonly history: History;
  private readonly holdMs: number;
  private readonly random: Random;

  constructor(ports: number[], { line, seats, programme, history, holdMs, random }: Surroundings) {
    this.waiting = new Connections(ports, CONNECTIONS.waiting, random);
    this.buying = new Connections(ports, CONNECTIONS.buying, random);
    this.line = line;
    this.seats = seats;
    this.programme = programme;
    this.history = history;
    this.holdMs = holdMs;
    this.random = random;
  }

  /** Resolves when the user has gone. */
  async visit(): Promise<void> {
    const userId = this.programme.newcomer();
    for (let tries = 1; tries <= MOST_TOKENS && !this.isOver; tries++) {
      const token = await this.enter(userId);
      if (token === undefined) return;
      if (tries > 1) this.counts.otherEntry += 1;
      if (await this.waitAndShop(userId, token)) return;
    }
  }

  close(): void {
    this.waiting.close();
    this.buying.close();
  }

  private readonly over = (): boolean => this.isOver;

  private think = (): Promise<void> => sleep(between(this.random, ...THINK_MS));

  private async enter(userId: number): Promise<string | undefined> {
    const answer = await this.waiting.untilAnswered('/v1/api/queue/token', '', { userId }, this.over);
    if (answer?.status !== 200) return undefined;
    const queueToken = tokenIn(answer);
    if (!this.tokens.has(userId)) this.counts.issued += 1;
    this.tokens.set(userId, queueToken);
    return queueToken;
  }

  /** @returns false: the entry is of a history that is lost */
  private async waitAndShop(userId: number, token: string): Promise<boolean> {
    for (let sessions = 0; !this.isOver; sessions++) {
      const what = await this.untilAdmitted(token);
      if (what !== 'admitted') return what === 'gone';
      if (sessions === 0) this.counts.admitted += 1;
      if (await this.shop(userId, token)) return true;
    }
    return true;
  }

  private async untilAdmitted(token: string): Promise<'admitted' | 'gone' | 'lost'> {
    const { seq, gen } = claimsOf(token);
    await this.line.untilTurn(seq, gen, () => void this.waiting.post('/v1/api/queue/presence', token, ''));
    while (!this.isOver) {
      const answer = await this.waiting.untilAnswered('/v1/api/queue/token/check', token, '', this.over);
      if (answer === undefined) return 'gone';
      if (answer.status !== 200) return 'lost';
      const { status, pollAfterMs, queueState } = placeIn(answer);
      if (status === 'PROGRESS') return 'admitted';
      if (status === 'DONE') return 'gone';
      if (status === 'EXPIRED') return 'lost';
      if (queueState === 'SOLD_OUT') {
        this.counts.soldOut += 1;
        return 'gone';
      }
      await sleep(pollAfterMs);
    }
    return 'gone';
  }

  /** @returns false: the session has ended before anything was held */
  private async shop(userId: number, token: string): Promise<boolean> {
    await this.think();
    if (this.random() >= BUYERS) return true;
    const held = await this.hold(userId, token);
    if (held === undefined) return this.isSoldOut;
    await this.think();
    const isPaid = this.random() >= ABANDON && (await this.pay(userId, token, held));
    if (!isPaid) setTimeout(() => this.seats.giveBack(held), this.holdMs);
    return true;
  }

  private get isSoldOut(): boolean {
    return this.isOver || this.line.status?.state === 'SOLD_OUT';
  }

  /** Undefined: it is sold out, or the session has ended. */
  private async hold(userId: number, token: string): Promise<Held | undefined> {
    while (!this.isSoldOut) {
      const party = this.seats.choose(between(this.random, 1, MOST_SEATS));
      const [path, body] =
        party === undefined ? ([AMOUNT, { amount: 1 }] as const) : (['/v1/api/orders', party] as const);
      const startMs = this.history.nowMs;
      const answer = await this.buying.untilAnswered(path, token, body, this.over);
      if (party !== undefined && answer?.status === 200) {
        const held = { ...party, ...heldIn(answer) };
        this.note('reserve', userId, startMs, {
          key: `${userId}-hold-${held.orderId}`,
          ...held,
          answered: held,
        });
        return held;
      }
      // Somebody else's: it may come back.
      if (party !== undefined) setTimeout(() => this.seats.giveBack(party), this.holdMs);
      if (answer?.status !== 200 && answer?.status !== 409) return undefined;
      await sleep(between(this.random, ...AGAIN_MS));
    }
    return undefined;
  }

  private async pay(userId: number, token: string, held: Held): Promise<boolean> {
    const startMs = this.history.nowMs;
    const { orderId, seatIds, reservationIds } = held;
    const answer = await this.buying.untilAnswered(`/v1/api/orders/${orderId}/payment`, token, '', this.over);
    if (answer?.status !== 200) return false;
    this.note('pay', userId, startMs, { key: `${userId}-pay-${orderId}`, seatIds, reservationIds });
    this.counts.paid += 1;
    this.counts.seatsSold += seatIds.length;
    return true;
  }

  private note(act: 'reserve' | 'pay', userId: number, startMs: number, more: Partial<Operation>): void {
    const own = { id: this.operations.length + 1, act, userId, api: 0, startMs, endMs: this.history.nowMs };
    this.operations.push({ ...own, outcome: 'ok', status: 200, ...more });
  }
}
