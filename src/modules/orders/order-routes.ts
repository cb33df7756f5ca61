import type { ErrorRequestHandler, Request, RequestHandler, Router } from 'express';
import { z } from 'zod';
import { sendData } from '../../http/envelope';
import { BadInput } from '../../http/errors';
import { QueryId } from '../../http/fields';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { OncePerKey } from '../idempotency/middleware';
import type { RouteMiddleware } from '../middleware';
import type { PaymentService } from '../payments/service';
import { Order, OrderBody, OrderQuery, PaidOrder } from './order-schema';
import type { OrderService } from './order-service';

/** Orders of one or more seats. The study's reserve and payment make and pay orders of one. */
export function orderRoutes(
  orders: OrderService,
  payments: PaymentService,
  middleware: RouteMiddleware,
): Router {
  const {
    token,
    refuseIfFull,
    validate,
    perUser,
    shed,
    refuseWaiting,
    refuseInactive,
    measured,
    active,
    idempotent,
  } = middleware;
  const router = literalRouter();
  const hold = idempotent((_body, { orderId }: Order) => orders.replayed(orderId));
  const pay = idempotent((_body, { orderId }: PaidOrder) => payments.replayedOrder(orderId));
  const once = idempotent();

  /** All that an active user's act on orders passes, in this order. @param read of the request, if it has a body */
  const asActiveUser = (
    purpose: 'hold' | 'write',
    { key, replay, replayIfRefused }: OncePerKey,
    handler: RequestHandler,
    read: RequestHandler[] = [],
  ): (RequestHandler | ErrorRequestHandler)[] => [
    token,
    refuseIfFull,
    ...read,
    key,
    refuseWaiting,
    perUser,
    refuseInactive(purpose),
    measured('write'),
    shed,
    active(purpose),
    replay,
    handler,
    replayIfRefused,
  ];

  router.get(
    '/v1/api/orders',
    token,
    validate(LIST),
    perUser,
    shed,
    answers(LIST, async ({ claims, query }, res) => {
      sendData(res, await orders.list(claims.userId, query.before));
    }),
  );

  router.get(
    '/v1/api/orders/:orderId',
    token,
    perUser,
    shed,
    answers(FIND, async (req, res) => {
      sendData(res, await orders.find(req.claims.userId, orderIdOf(req)));
    }),
  );

  router.post(
    '/v1/api/orders',
    ...asActiveUser(
      'hold',
      hold,
      answers(CREATE, async ({ activeUser, body, idempotencyKey }, res) => {
        sendData(res, await orders.create(activeUser, body, idempotencyKey));
      }),
      validate(CREATE),
    ),
  );

  router.post(
    '/v1/api/orders/:orderId/payment',
    ...asActiveUser(
      'write',
      pay,
      answers(PAY, async (req, res) => {
        sendData(res, await payments.payOrder(req.activeUser, orderIdOf(req), req.idempotencyKey));
      }),
    ),
  );

  router.delete(
    '/v1/api/orders/:orderId',
    ...asActiveUser(
      'write',
      once,
      answers(RELEASE, async (req, res) => {
        sendData(res, await orders.release(req.activeUser, orderIdOf(req), req.idempotencyKey));
      }),
    ),
  );

  router.post(
    '/v1/api/orders/:orderId/extension',
    ...asActiveUser(
      'write',
      hold,
      answers(EXTEND, async (req, res) => {
        sendData(res, await orders.extend(req.activeUser, orderIdOf(req), req.idempotencyKey));
      }),
    ),
  );

  router.post(
    '/v1/api/orders/:orderId/cancellation',
    token,
    once.key,
    perUser,
    shed,
    once.replay,
    answers(CANCEL, async (req, res) => {
      sendData(res, await orders.cancel(req.claims.userId, orderIdOf(req), req.idempotencyKey));
    }),
    once.replayIfRefused,
  );

  return refuseOtherMethods(router);
}

/** @throws BadInput (400) */
function orderIdOf({ params }: Pick<Request<Record<string, string>>, 'params'>): number {
  const id = QueryId.safeParse(params.orderId);
  if (!id.success) throw new BadInput('orderId: Invalid input: expected a positive whole number');
  return id.data;
}

const HELD: Order = {
  orderId: 1,
  scheduleId: 1,
  status: 'HELD',
  concertTitle: 'Winter Lights',
  startsAt: '2030-01-31T19:00:00+09:00',
  seats: [
    { reservationId: 1, seatId: 11, position: 11, section: 'A', row: '2', number: '1', amount: 150_000 },
    { reservationId: 2, seatId: 12, position: 12, section: 'A', row: '2', number: '2', amount: 150_000 },
  ],
  totalAmount: 300_000,
  reservedDate: '2030-01-01 12:00:00',
  reservedUntilDate: '2030-01-01 12:05:00',
  reservedAt: '2030-01-01T12:00:00+09:00',
  reservedUntil: '2030-01-01T12:05:00+09:00',
  extended: false,
  paidAt: null,
  endedAt: null,
  refundableUntil: '2030-01-24T19:00:00+09:00',
};

const NOT_YOURS = {
  '400': 'Bad input: the message names each bad field',
  '403': 'The order is somebody else’s',
  '404': 'There is no such order',
};
const NOT_HELD = { HOLD_ENDED: 'The order is not held any more' };

const LIST = operation({
  tag: 'Order',
  summary: 'Your orders, newest first',
  description: 'At most 100; `before` asks for older ones. A token of any status will do.',
  query: OrderQuery,
  answer: z.array(Order),
  example: [HELD],
});

const FIND = operation({
  tag: 'Order',
  summary: 'One of your orders',
  description: 'A token of any status will do.',
  answer: Order,
  example: HELD,
  errors: NOT_YOURS,
});

const CREATE = operation({
  tag: 'Order',
  summary: 'Put seats on hold',
  description:
    'All or none. The hold ends after HOLD_SECONDS unless it is paid for; until then the session lasts. Seats that you hold in one order already are answered with that order. `best` chooses adjacent seats near the stage, and leaves no single seat over where it can be helped.',
  body: OrderBody,
  answer: Order,
  example: HELD,
  errors: {
    '002': 'Every seat of the schedule is sold',
    '004': 'Somebody else holds the seats that the message names, or they are sold',
    '403': 'The concert is sold by another queue than the one that admitted you',
    '404': 'No such schedule, or no such seat in it',
    '409': 'The schedule has begun, or your session is over but for what you hold',
    SEAT_LIMIT: 'You would have more seats of the schedule than one may have',
    NOT_ON_SALE: 'The sale has not opened yet, or has closed',
    NO_ADJACENT_SEATS: 'There are not enough free seats next to each other',
  },
});

const PAY = operation({
  tag: 'Order',
  summary: 'Pay for an order',
  description:
    'Takes the price off the balance and sells the seats. The session ends, so the next user is admitted, unless you hold another order.',
  answer: PaidOrder,
  example: { orderId: 1, paymentAmount: 300_000, status: 'PAID', queueStatus: 'DONE' },
  errors: {
    ...NOT_YOURS,
    ...NOT_HELD,
    '005': 'The balance is too small',
    '409': 'It is paid already',
  },
});

const RELEASE = operation({
  tag: 'Order',
  summary: 'Let an order go',
  description: 'Its seats are free at once.',
  answer: Order,
  example: { ...HELD, status: 'CANCELED', endedAt: '2030-01-01T12:01:00+09:00' },
  errors: { ...NOT_YOURS, ...NOT_HELD },
});

const EXTEND = operation({
  tag: 'Order',
  summary: 'Prolong the hold of an order',
  description: 'Once, by HOLD_EXTENSION_SECONDS; the session lasts as long.',
  answer: Order,
  example: { ...HELD, extended: true },
  errors: { ...NOT_YOURS, ...NOT_HELD, ALREADY_EXTENDED: 'It was prolonged before' },
});

const CANCEL = operation({
  tag: 'Order',
  summary: 'Give tickets back',
  description:
    'The price goes back to the balance and the seats are free, until `refundableUntil`. A token of any status will do.',
  answer: Order,
  example: { ...HELD, status: 'CANCELED', paidAt: '2030-01-01T12:02:00+09:00' },
  errors: { ...NOT_YOURS, NOT_REFUNDABLE: 'It is not paid, or it is too late' },
});
