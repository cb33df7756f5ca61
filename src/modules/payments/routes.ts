import type { Router } from 'express';
import { sendData } from '../../http/envelope';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { RouteMiddleware } from '../middleware';
import { Paid, PayBody } from './schema';
import type { PaymentService } from './service';

export function paymentRoutes(payments: PaymentService, middleware: RouteMiddleware): Router {
  const { validate, idempotent, byActiveUser } = middleware;
  const router = literalRouter();
  const once = idempotent((body: PayBody) => payments.replayed(body.reservationId));

  router.post(
    '/v1/api/concerts/payment',
    ...byActiveUser(
      'write',
      once,
      answers(PAY, async ({ activeUser, body, idempotencyKey }, res) => {
        sendData(res, await payments.pay(activeUser, body.reservationId, idempotencyKey));
      }),
      validate(PAY),
    ),
  );

  return refuseOtherMethods(router);
}

const PAY = operation({
  tag: 'Payment',
  summary: 'Pay for a seat on hold',
  description:
    'Takes the price off the balance, sells the seat and ends the session, so the next user is admitted.',
  body: PayBody,
  answer: Paid,
  example: { paymentAmount: 150_000, seatStatus: 'RESERVED', queueStatus: 'DONE' },
  errors: {
    '005': 'The balance is too small',
    '403': 'The reservation is somebody else’s, or the concert is sold by another queue than the token’s',
    '404': 'There is no such reservation',
    '409': 'It is paid already, or its hold has ended',
  },
});
