import type { RawAnswer } from '../workload/raw.ts';

export interface Place {
  status: string;
  pollAfterMs: number;
  queueState: string;
}

/** An order that a user has. */
export interface Held {
  orderId: number;
  scheduleId: number;
  seatIds: number[];
  reservationIds: number[];
}

const dataOf = ({ body }: RawAnswer): unknown => (JSON.parse(body) as { data: unknown }).data;

export const tokenIn = (answer: RawAnswer): string => (dataOf(answer) as { queueToken: string }).queueToken;

export const placeIn = (answer: RawAnswer): Place => dataOf(answer) as Place;

/** What an order has been answered, its reservations in the order of the ids of their seats. */
export function heldIn(answer: RawAnswer): Pick<Held, 'orderId' | 'reservationIds'> {
  const { orderId, seats } = dataOf(answer) as {
    orderId: number;
    seats: { seatId: number; reservationId: number }[];
  };
  const ascending = seats.sort((one, other) => one.seatId - other.seatId);
  return { orderId, reservationIds: ascending.map(({ reservationId }) => reservationId) };
}

/** Of a queue token, unverified. */
export const claimsOf = (token: string): { seq: number; gen: number } =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as {
    seq: number;
    gen: number;
  };
