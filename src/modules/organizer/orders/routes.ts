import type { Router } from 'express';
import { z } from 'zod';
import { sendData } from '../../../http/envelope';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { type Access, pathId } from '../middleware';
import { OrderDetail, OrderQuery, OrderView, RefundInput } from './schema';
import type { OrderAdminService } from './service';

const BODY_BYTES = 4096;

export function orderAdminRoutes(orders: OrderAdminService, access: Access): Router {
  const router = literalRouter();
  const validate = validation(BODY_BYTES);

  router.get(
    '/v1/admin/orders',
    access('viewer'),
    validate(SEARCH),
    answers(SEARCH, async (req, res) => sendData(res, await orders.search(req.query))),
  );

  router.get(
    '/v1/admin/orders/:orderId',
    access('viewer'),
    answers(FIND, async (req, res) => sendData(res, await orders.find(pathId(req, 'orderId', 'Order')))),
  );

  router.post(
    '/v1/admin/orders/:orderId/refund',
    access('operator'),
    validate(REFUND),
    answers(REFUND, async (req, res) => {
      const id = pathId(req, 'orderId', 'Order');
      sendData(res, await orders.refund(req.operator, id, req.body.reason));
    }),
  );

  return refuseOtherMethods(router);
}

const tag = 'Orders';
const order: OrderView = {
  orderId: 12,
  userId: 1,
  scheduleId: 7,
  status: 'PAID',
  total: 200_000,
  heldUntil: '2030-01-02T20:06:00+09:00',
  createdAt: '2030-01-02T20:01:00+09:00',
  paidAt: '2030-01-02T20:02:30+09:00',
  endedAt: null,
};
const detail: OrderDetail = {
  ...order,
  concertTitle: 'Winter Lights',
  seats: [
    {
      reservationId: 30,
      seatId: 1,
      position: 1,
      section: 'Stalls',
      row: 'A',
      number: '1',
      amount: 200_000,
      status: 'RESERVED',
    },
  ],
};
const NOT_FOUND = { '404': 'There is no such order' };
const SEARCH = operation({
  tag,
  summary: 'Orders, newest first, at most 100',
  query: OrderQuery,
  answer: z.array(OrderView),
  example: [order],
});
const FIND = operation({
  tag,
  summary: 'An order with its seats',
  answer: OrderDetail,
  example: detail,
  errors: NOT_FOUND,
});
const REFUND = operation({
  tag,
  summary: 'Refunds a paid order to the balance, or releases a held one',
  body: RefundInput,
  answer: OrderDetail,
  example: { ...detail, status: 'CANCELED' as const },
  errors: { ...NOT_FOUND, '409': 'It is neither held nor paid, or the balance cannot hold that much' },
});
