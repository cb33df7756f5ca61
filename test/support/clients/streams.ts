import request from 'supertest';
import { at } from '../at';
import type { Suite } from '../suite';
import { type Buyer, outcome } from './buyer';
import { Listener } from './listener';

export const EVENTS = '/v1/api/queue/events';
export const listen = (
  url: string,
  { token }: Pick<Buyer, 'token'>,
  headers: Record<string, string> = {},
): Promise<Listener> => new Listener().open(url + EVENTS, { Authorization: token, ...headers });

export const withTicket = (url: string, query: string): Promise<Listener> =>
  new Listener().open(`${url}${EVENTS}?${query}`);

export async function ticketOf(buyer: Buyer): Promise<string> {
  const answer = await buyer.post(`${EVENTS}/ticket`);
  expect(answer.body).toMatchObject({ resultType: 'SUCCESS', data: { expiresInSeconds: 60 } });
  return (answer.body as { data: { ticket: string } }).data.ticket;
}

/** Pays for a seat, so that the place goes to the next. */
export async function payAndGo({ given }: Suite, buyer: Buyer): Promise<void> {
  const { id, seats } = await given.scheduleWithSeats(1, { amount: 1 });
  const paid = await buyer.pay(await buyer.hold(id, at(seats, 0).id));
  expect(outcome(paid)).toBe('200');
}

export async function metric(url: string, series: string): Promise<number> {
  const { text } = await request(url).get('/metrics');
  const line = text.split('\n').find((it) => it.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? NaN);
}
