import type { Request, Router } from 'express';
import { sendData } from '../../http/envelope';
import { BadInput } from '../../http/errors';
import { QueryId } from '../../http/fields';
import { answers } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { RouteMiddleware } from '../middleware';
import type { PaymentService } from '../payments/service';
import { CANCEL, CREATE, EXTEND, FIND, LIST, PAY, RELEASE } from './order-operations';
import type { Order, PaidOrder } from './order-schema';
import type { OrderService } from './order-service';

/** Orders of one or more seats. The study's reserve and payment make and pay orders of one. */
export function orderRoutes(
  orders: OrderService,
  payments: PaymentService,
  middleware: RouteMiddleware,
): Router {
  const { tokenOfHistory, validate, perUser, shedAnyStatus, idempotent, byActiveUser } = middleware;
  const router = literalRouter();
  const hold = idempotent((_body, order: Order) => orders.replayed(order));
  const pay = idempotent((_body, { orderId }: PaidOrder) => payments.replayedOrder(orderId));
  const once = idempotent();
  const release = idempotent((_body, { orderId }: Order) => orders.replayedRelease(orderId));

  router.get(
    '/v1/api/orders',
    tokenOfHistory,
    validate(LIST),
    perUser,
    shedAnyStatus,
    answers(LIST, async ({ claims, query }, res) => {
      sendData(res, await orders.list(claims.userId, query.before));
    }),
  );

  router.get(
    '/v1/api/orders/:orderId',
    tokenOfHistory,
    perUser,
    shedAnyStatus,
    answers(FIND, async (req, res) => {
      sendData(res, await orders.find(req.claims.userId, orderIdOf(req)));
    }),
  );

  router.post(
    '/v1/api/orders',
    ...byActiveUser(
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
    ...byActiveUser(
      'write',
      pay,
      answers(PAY, async (req, res) => {
        sendData(res, await payments.payOrder(req.activeUser, orderIdOf(req), req.idempotencyKey));
      }),
    ),
  );

  router.delete(
    '/v1/api/orders/:orderId',
    ...byActiveUser(
      'write',
      release,
      answers(RELEASE, async (req, res) => {
        sendData(res, await orders.release(req.activeUser, orderIdOf(req), req.idempotencyKey));
      }),
    ),
  );

  router.post(
    '/v1/api/orders/:orderId/extension',
    ...byActiveUser(
      'write',
      hold,
      answers(EXTEND, async (req, res) => {
        sendData(res, await orders.extend(req.activeUser, orderIdOf(req), req.idempotencyKey));
      }),
    ),
  );

  router.post(
    '/v1/api/orders/:orderId/cancellation',
    tokenOfHistory,
    once.key,
    perUser,
    shedAnyStatus,
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
