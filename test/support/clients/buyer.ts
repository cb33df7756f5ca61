import request, { type Response, type Test } from 'supertest';

/** What a poll or an event says of a user who is active. */
export const ACTIVE = {
  queuePosition: 0,
  status: 'PROGRESS',
  etaSeconds: 0,
  pollAfterMs: 0,
  seq: expect.any(Number) as number,
  queueState: expect.any(String) as string, // by what other tests sell: concerts without a queue are the main one's
  opensAt: null,
  chance: null,
};

export type OrderAct = 'payment' | 'extension' | 'cancellation';

/** A user as the API sees one. */
export class Buyer {
  token = '';

  constructor(
    private readonly url: string,
    readonly userId: number,
  ) {}

  /** Asks for a token and keeps it. */
  async enter(): Promise<this> {
    const answer = await request(this.url).post('/v1/api/queue/token').send({ userId: this.userId });
    if (answer.status !== 200) throw new Error(`no token: ${answer.status} ${answer.text}`);
    this.token = (answer.body as { data: { queueToken: string } }).data.queueToken;
    return this;
  }

  /** The same user with the same token, at another process. */
  elsewhere(url: string): Buyer {
    const there = new Buyer(url, this.userId);
    there.token = this.token;
    return there;
  }

  check(): Test {
    return this.post('/v1/api/queue/token/check');
  }

  charge(amount: unknown, key?: string): Test {
    return this.post('/v1/api/user/amount', key).send({ amount });
  }

  amount(): Test {
    return this.get('/v1/api/user/amount');
  }

  schedules(): Test {
    return this.get('/v1/api/concerts/schedule');
  }

  seats(scheduleId: unknown): Test {
    return this.get(`/v1/api/concerts/seat?scheduleId=${String(scheduleId)}`);
  }

  reserve(scheduleId: unknown, seatId: unknown, key?: string): Test {
    return this.post('/v1/api/concerts/reserve', key).send({ scheduleId, seatId });
  }

  order(body: object, key?: string): Test {
    return this.post('/v1/api/orders', key).send(body);
  }

  actOn(orderId: number, act: OrderAct, key?: string): Test {
    return this.post(`/v1/api/orders/${orderId}/${act}`, key);
  }

  release(orderId: number, key?: string): Test {
    return this.sign(request(this.url).delete(`/v1/api/orders/${orderId}`), key);
  }

  pay(reservationId: unknown, key?: string): Test {
    return this.post('/v1/api/concerts/payment', key).send({ reservationId });
  }

  /** Reserves and returns the reservation's id. */
  async hold(scheduleId: number, seatId: number): Promise<number> {
    const answer = await this.reserve(scheduleId, seatId);
    if (answer.status !== 200) throw new Error(`no hold: ${answer.status} ${answer.text}`);
    return (answer.body as { data: { reservationId: number } }).data.reservationId;
  }

  get(path: string): Test {
    return request(this.url).get(path).set('Authorization', this.token);
  }

  post(path: string, key?: string): Test {
    return this.sign(request(this.url).post(path), key);
  }

  private sign(it: Test, key: string | undefined): Test {
    const signed = it.set('Authorization', this.token);
    return key === undefined ? signed : signed.set('Idempotency-Key', key);
  }
}

/** `200`, or status and code: `409 004`. */
export function outcome(answer: Response): string {
  const code = (answer.body as { exception?: { code: string } | null }).exception?.code;
  return code === undefined ? String(answer.status) : `${answer.status} ${code}`;
}

/** How often each outcome came. */
export function tally(answers: Response[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[outcome(answer)] = (counts[outcome(answer)] ?? 0) + 1;
  return counts;
}
