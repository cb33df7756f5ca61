import { endpoint, type Endpoint } from '../../http/endpoint';
import { Paid, PayBody } from './schema';
import type { PaymentService } from './service';

export function paymentEndpoints(payments: PaymentService): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/v1/api/concerts/payment',
      summary: 'Pay for a seat on hold',
      description:
        'Takes the price off the balance, sells the seat and gives the place inside to the next in line.',
      tag: 'Payment',
      access: 'inside',
      idempotent: true,
      body: PayBody,
      answer: Paid,
      example: { paymentAmount: 150_000, seatStatus: 'RESERVED', queueStatus: 'DONE' },
      errors: {
        '005': 'The balance is too small',
        '403': 'The reservation is somebody else’s, or the concert is sold by another queue than the token’s',
        '404': 'There is no such reservation',
        '409': 'It is paid already, or its hold has ended',
      },
      replayed: ({ reservationId }) => payments.replayed(reservationId),
      handle: ({ visitor, body, key }) => payments.pay(visitor, body.reservationId, key),
    }),
  ];
}
