import { setTimeout as sleep } from 'node:timers/promises';
import { Buyer } from '../support/clients/buyer';

interface Answer {
  /** Milliseconds of performance.now(). */
  at: number;
  what: string;
  /** 0: no answer at all. */
  status: number;
}

const PAUSE_MS = 150;

/**
 * Users who buy tickets side by side, whatever happens meanwhile, and remember every answer. After a ticket comes the
 * next user: one may have only MAX_SEATS_PER_USER seats of a schedule.
 */
export class Shoppers {
  readonly answers: Answer[] = [];
  /** Reservations whose payment got a 2xx: they must be paid forever after. */
  readonly paid: number[] = [];
  private isOver = false;
  private readonly all: Promise<unknown>;

  constructor(
    private readonly url: string,
    private nextUserId: number,
    sideBySide: number,
  ) {
    this.all = Promise.all(Array.from({ length: sideBySide }, () => this.shop()));
  }

  /** Lets each finish what it is doing. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.all;
  }

  /** Seconds after `since` at which the first ticket was paid again; undefined: none was. */
  paidAgainAfter(since: number): number | undefined {
    const failed = this.answers.findLast(({ at, status }) => at >= since && status >= 500)?.at ?? since;
    const again = this.answers.find((it) => it.at > failed && it.what === 'pay' && it.status === 200);
    return again && (again.at - since) / 1000;
  }

  /** How often each status came, from `since` on. */
  statuses(since: number): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { at, status } of this.answers) if (at >= since) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  private async shop(): Promise<void> {
    const nextBuyer = (): Buyer => new Buyer(this.url, this.nextUserId++);
    for (let buyer = nextBuyer(); !this.isOver;) {
      // Every answer is remembered. A visit that failed is begun again from the token.
      const hasPaid = await this.visit(buyer).catch(() => false);
      if (hasPaid) buyer = nextBuyer();
      await sleep(PAUSE_MS);
    }
  }

  /** @returns whether a ticket was paid. @throws Error for an answer that is not a 200 */
  private async visit(buyer: Buyer): Promise<boolean> {
    const say = (what: string, path: string, body?: object): Promise<unknown> =>
      this.ask(what, () => fetchJson(`${this.url}/v1/api/${path}`, body, buyer.token));
    const { userId } = buyer;
    buyer.token = ((await say('token', 'queue/token', { userId })) as { queueToken: string }).queueToken;
    const { status } = (await say('check', 'queue/token/check', {})) as { status: string };
    if (status !== 'PROGRESS') return false;
    await say('charge', 'user/amount', { amount: 200_000 });
    const schedules = (await say('schedule', 'concerts/schedule')) as { scheduleId: number }[];
    const { scheduleId } = schedules.at(-1) ?? { scheduleId: 0 };
    const seats = (await say('seat', `concerts/seat?scheduleId=${scheduleId}`)) as { seatId: number }[];
    const seat = seats[(userId * 7919) % seats.length];
    if (seat === undefined) return false;
    const held = await say('reserve', 'concerts/reserve', { scheduleId, seatId: seat.seatId });
    const { reservationId } = held as { reservationId: number };
    await say('pay', 'concerts/payment', { reservationId });
    this.paid.push(reservationId);
    return true;
  }

  /** @returns the answer's data. @throws Error unless it is a 200 */
  private async ask(what: string, call: () => Promise<Reply>): Promise<unknown> {
    const answer = await call().catch(() => ({ status: 0, body: undefined }));
    this.answers.push({ at: performance.now(), what, status: answer.status });
    if (answer.status !== 200) throw new Error(`${what}: ${answer.status}`);
    return (answer.body as { data: unknown }).data;
  }
}

interface Reply {
  status: number;
  body: unknown;
}

async function fetchJson(url: string, body?: object, token?: string): Promise<Reply> {
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
