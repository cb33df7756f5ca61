import type { Router } from 'express';
import { sendData } from '../../http/envelope';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import type { RouteMiddleware } from '../middleware';
import { Balance, ChargeBody } from './schema';
import type { BalanceService } from './service';

export function accountRoutes(balances: BalanceService, middleware: RouteMiddleware): Router {
  const { token, validate, measured, shed, active, idempotent, byActiveUser } = middleware;
  const router = literalRouter();
  const once = idempotent();

  router.post(
    '/v1/api/user/amount',
    ...byActiveUser(
      'write',
      once,
      answers(TOP_UP, async ({ activeUser, body, idempotencyKey }, res) => {
        sendData(res, await balances.topUp(activeUser.userId, body.amount, idempotencyKey));
      }),
      validate(TOP_UP),
    ),
  );

  router.get(
    '/v1/api/user/amount',
    token,
    active('read'),
    measured('read'),
    shed,
    answers(READ_BALANCE, async ({ activeUser }, res) => {
      sendData(res, await balances.findBalance(activeUser.userId));
    }),
  );

  return refuseOtherMethods(router);
}

const TOP_UP = operation({
  tag: 'User',
  summary: 'Top up the balance',
  body: ChargeBody,
  answer: Balance,
  example: { amount: 150_000 },
  errors: { '409': 'The balance would be more than 2^53 − 1' },
});

const READ_BALANCE = operation({
  tag: 'User',
  summary: 'The balance',
  answer: Balance,
  example: { amount: 150_000 },
});
