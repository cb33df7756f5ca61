import type { RawAnswer, RawConnection } from '../workload/raw.ts';

export interface HeldSeats {
  userId: number;
  seatIds: number[];
  /** Of an order; the study's reserve has none. */
  orderId?: number;
  reservationIds: number[];
}

/** One seat as the study does it, several as an order. */
export function sendHold(
  connection: RawConnection,
  token: string,
  scheduleId: number,
  seatIds: number[],
): Promise<RawAnswer> {
  const [seatId] = seatIds;
  return seatIds.length === 1
    ? connection.post('/v1/api/concerts/reserve', token, JSON.stringify({ scheduleId, seatId }))
    : connection.post('/v1/api/orders', token, JSON.stringify({ scheduleId, seatIds }));
}

/** Answer to a hold. It may name the user's earlier order, which has the wanted seats and others. */
export function holdIn(body: string, wanted: number[]): Omit<HeldSeats, 'userId'> {
  const { data } = JSON.parse(body) as {
    data: {
      reservationId?: number;
      orderId?: number;
      seats?: { seatId: number; reservationId: number }[];
    };
  };
  const { orderId, seats = [], reservationId } = data;
  if (orderId === undefined) return { seatIds: wanted, reservationIds: [reservationId ?? 0] };
  return {
    orderId,
    seatIds: seats.map((seat) => seat.seatId),
    reservationIds: seats.map((seat) => seat.reservationId),
  };
}

export function sendPayment(
  connection: RawConnection,
  token: string,
  { orderId, reservationIds }: HeldSeats,
): Promise<RawAnswer> {
  return orderId === undefined
    ? connection.post('/v1/api/concerts/payment', token, `{"reservationId":${reservationIds[0] ?? 0}}`)
    : connection.post(`/v1/api/orders/${orderId}/payment`, token, '');
}
