import type { ErrorRequestHandler, RequestHandler, Router } from 'express';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { BalanceService } from '../../accounts/service';
import type { ConcertService } from '../../catalog/service';
import type { OncePerKey } from '../../idempotency/middleware';
import type { RouteMiddleware } from '../../middleware';
import type { OrderService } from '../../orders/order-service';
import type { PaymentService } from '../../payments/service';
import type { QueueService } from '../../waiting-room/service';
import type { FormGuard } from './guard';
import { afterIn, amountIn, idIn, seatsIn } from './input';
import { formSteps } from './middleware';
import { FORMS } from './parts';
import * as views from './views';

export interface FormServices {
  queue: QueueService;
  concerts: ConcertService;
  orders: OrderService;
  payments: PaymentService;
  balances: BalanceService;
  guard: FormGuard;
  /** Path of the stylesheet. */
  style: string;
  mayExtend: boolean;
}

/** Dates or seats: a page of them is 100 kB of HTML. */
const ROWS_PER_PAGE = 500;

/**
 * The buyer's way without JavaScript: forms, and a page that renews itself. Each form passes what admits to the route of
 * the API that does the same; its token comes from a cookie. Every act is answered by a redirection to what is now, so
 * no answer is replayed: a form that is sent again leads to what is then.
 */
export function formRoutes(services: FormServices, middleware: RouteMiddleware): Router {
  const { queue, concerts, orders, payments, balances, guard } = services;
  const { rateLimited, token, refuseWaiting, perUser, refuseInactive, measured, active } = middleware;
  const { shed, shedAnyStatus, tokenOfHistory } = middleware;
  const { buyer, form, problems, page, send, goOn, answerAgain } = formSteps(guard, services.style);
  const once: OncePerKey = middleware.idempotent(undefined, answerAgain);
  const router = literalRouter();

  /** All that an active user's form passes, in this order. */
  const asActiveUser = (
    purpose: 'hold' | 'write',
    act: RequestHandler,
  ): (RequestHandler | ErrorRequestHandler)[] => [
    ...form,
    buyer,
    token,
    once.key,
    refuseWaiting,
    perUser,
    refuseInactive(purpose),
    measured('write'),
    shed,
    active(purpose),
    once.replay,
    act,
    once.replayIfRefused,
    problems,
  ];
  const shows = (handler: RequestHandler): (RequestHandler | ErrorRequestHandler)[] => [handler, problems];
  const reading = [buyer, token, perUser, refuseInactive('read'), active('read'), measured('read'), shed];

  router.get(
    FORMS,
    ...shows(async (req, res) => {
      const given = guard.tokenOf(req);
      if (given === undefined) {
        send(res, views.enterPage(page(req, res)));
        return;
      }
      const checked = await queue.check(queue.identify(given));
      if (checked.status === 'PROGRESS') goOn(res, '/shop');
      else if (checked.status === 'WAITING') send(res, views.waitingPage(page(req, res), checked));
      else send(res, views.endedPage(page(req, res), checked.status === 'DONE'));
    }),
  );

  router.post(
    `${FORMS}/entry`,
    rateLimited,
    ...form,
    shed,
    ...shows(async (req, res) => {
      const { queueToken } = await queue.issue(idIn(req, 'userId'));
      for (const cookie of guard.entered(queueToken)) res.append('Set-Cookie', cookie);
      goOn(res);
    }),
  );

  router.post(
    `${FORMS}/departure`,
    ...form,
    ...shows((_req, res) => {
      for (const cookie of guard.left()) res.append('Set-Cookie', cookie);
      goOn(res);
    }),
  );

  router.get(
    `${FORMS}/shop`,
    ...reading,
    ...shows(async (req, res) => {
      const { userId } = req.activeUser;
      const held = (await orders.list(userId)).find(
        ({ status, reservedUntil }) => status === 'HELD' && Date.parse(reservedUntil) > queue.nowMs,
      );
      if (held === undefined) {
        const dates = await concerts.schedulesPage(req.activeUser.queueId, afterIn(req), ROWS_PER_PAGE);
        send(res, views.concertsPage(page(req, res), dates));
        return;
      }
      const { amount } = await balances.findBalance(userId);
      send(res, views.orderPage(page(req, res), held, amount, services.mayExtend));
    }),
  );

  router.get(
    `${FORMS}/seats`,
    ...reading,
    ...shows(async (req, res) => {
      const scheduleId = idIn({ body: req.query }, 'scheduleId');
      const seats = await concerts.seatsPage(scheduleId, afterIn(req), ROWS_PER_PAGE);
      send(res, views.seatsPage(page(req, res), scheduleId, seats));
    }),
  );

  router.get(
    `${FORMS}/orders`,
    buyer,
    tokenOfHistory,
    perUser,
    shedAnyStatus,
    ...shows(async (req, res) => {
      const before = req.query.before === undefined ? undefined : idIn({ body: req.query }, 'before');
      send(res, views.ordersPage(page(req, res), await orders.list(req.claims.userId, before)));
    }),
  );

  router.post(
    `${FORMS}/orders`,
    ...asActiveUser('hold', async (req, res) => {
      await orders.create(req.activeUser, seatsIn(req), req.idempotencyKey);
      goOn(res, '/shop');
    }),
  );

  router.post(
    `${FORMS}/balance`,
    ...asActiveUser('write', async (req, res) => {
      await balances.topUp(req.activeUser.userId, amountIn(req), req.idempotencyKey);
      goOn(res, '/shop');
    }),
  );

  router.post(
    `${FORMS}/payment`,
    ...asActiveUser('write', async (req, res) => {
      await payments.payOrder(req.activeUser, idIn(req, 'orderId'), req.idempotencyKey);
      goOn(res, '/orders');
    }),
  );

  router.post(
    `${FORMS}/extension`,
    ...asActiveUser('write', async (req, res) => {
      await orders.extend(req.activeUser, idIn(req, 'orderId'), req.idempotencyKey);
      goOn(res, '/shop');
    }),
  );

  router.post(
    `${FORMS}/release`,
    ...asActiveUser('write', async (req, res) => {
      await orders.release(req.activeUser, idIn(req, 'orderId'), req.idempotencyKey);
      goOn(res, '/shop');
    }),
  );

  return refuseOtherMethods(router);
}
