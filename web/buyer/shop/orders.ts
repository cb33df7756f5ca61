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
  /** More time was asked for, which can be done once. */
  extended: boolean;
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

/** Most seats of one order. */
export const MOST_SEATS = 4;

/** Holds seats: all of them or none. */
export async function hold(token: string, wish: Wish): Promise<Answer<Order>> {
  const { schedule, seats } = wish;
  const body = { scheduleId: schedule.scheduleId, seatIds: seats.map(({ seatId }) => seatId) };
  const answer = await once('hold', wish, (key) =>
    ask(api.POST('/v1/api/orders', { body, ...keyed(key, token), ...limited() })),
  );
  if (!answer.ok) return answer;
  const { orderId, reservedUntil, totalAmount, extended } = answer.data;
  const heldUntilMs = Date.parse(reservedUntil);
  return { ok: true, data: { id: orderId, schedule, seats, heldUntilMs, total: totalAmount, extended } };
}

/** An act on an order, and what is kept of it while its outcome is unknown. */
export type Act = 'payment' | 'extension' | 'release';

const bodyOf = ({ id }: Order): { orderId: number } => ({ orderId: id });

const about = (order: Order, key: string, token: string) => ({
  params: { path: { orderId: String(order.id) } },
  ...keyed(key, token),
  ...limited(),
});

/** Pays an order. @returns what was paid */
export async function pay(token: string, order: Order): Promise<Answer<number>> {
  const answer = await once('payment', bodyOf(order), (key) =>
    ask(api.POST('/v1/api/orders/{orderId}/payment', about(order, key, token))),
  );
  return answer.ok ? { ok: true, data: answer.data.paymentAmount } : answer;
}

/** Extends the hold, once. */
export async function extend(token: string, order: Order): Promise<Answer<Order>> {
  const answer = await once('extension', bodyOf(order), (key) =>
    ask(api.POST('/v1/api/orders/{orderId}/extension', about(order, key, token))),
  );
  if (!answer.ok) return answer;
  const { reservedUntil, extended } = answer.data;
  return { ok: true, data: { ...order, heldUntilMs: Date.parse(reservedUntil), extended } };
}

/** Gives the seats back. */
export async function release(token: string, order: Order): Promise<Answer<unknown>> {
  return once('release', bodyOf(order), (key) =>
    ask(api.DELETE('/v1/api/orders/{orderId}', about(order, key, token))),
  );
}

export async function topUp(token: string, amount: number): Promise<Answer<number>> {
  const answer = await once('top-up', { amount }, (key) =>
    ask(api.POST('/v1/api/user/amount', { body: { amount }, ...keyed(key, token), ...limited() })),
  );
  return answer.ok ? { ok: true, data: answer.data.amount } : answer;
}
