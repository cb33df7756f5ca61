import { type Answer, api, ask, limited } from '../kernel';
import { keyed, once } from './once';

/** Seats that are held for a user, until they are paid or the time is over. */
export interface Order {
  id: number;
  schedule: ScheduleName;
  seats: OrderedSeat[];
  /** Milliseconds of the server's clock. */
  heldUntilMs: number;
  total: number;
}

export interface ScheduleName {
  scheduleId: number;
  title: string;
  date: string;
  from: string;
  to: string;
}

export interface OrderedSeat {
  seatId: number;
  section: string;
  row: string;
  number: string;
  amount: number;
}

/** What is asked for; also what is kept while its outcome is unknown. */
export interface Wish {
  schedule: ScheduleName;
  seats: OrderedSeat[];
}

/** So many seats go into one order. */
export const MOST_SEATS: number = 1;

/** Holds seats: all of them or none. */
export async function hold(token: string, wish: Wish): Promise<Answer<Order>> {
  const { schedule, seats } = wish;
  const body = { scheduleId: schedule.scheduleId, seatId: seats[0]?.seatId ?? 0 };
  const answer = await once('hold', wish, (key) =>
    ask(api.POST('/v1/api/concerts/reserve', { body, ...keyed(key, token), ...limited() })),
  );
  if (!answer.ok) return answer;
  const { reservationId, reservedUntil = '' } = answer.data;
  const total = seats.reduce((sum, { amount }) => sum + amount, 0);
  return {
    ok: true,
    data: { id: reservationId, schedule, seats, heldUntilMs: Date.parse(reservedUntil), total },
  };
}

/** Pays an order. @returns what was paid */
export async function pay(token: string, order: Order): Promise<Answer<number>> {
  const body = { reservationId: order.id };
  const answer = await once('payment', body, (key) =>
    ask(api.POST('/v1/api/concerts/payment', { body, ...keyed(key, token), ...limited() })),
  );
  return answer.ok ? { ok: true, data: answer.data.paymentAmount } : answer;
}

export async function topUp(token: string, amount: number): Promise<Answer<number>> {
  const answer = await once('top-up', { amount }, (key) =>
    ask(api.POST('/v1/api/user/amount', { body: { amount }, ...keyed(key, token), ...limited() })),
  );
  return answer.ok ? { ok: true, data: answer.data.amount } : answer;
}
