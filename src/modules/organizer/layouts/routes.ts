import type { Router } from 'express';
import { z } from 'zod';
import { sendData, sendText, successOf } from '../../../http/envelope';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { type Access, pathId } from '../middleware';
import { PageQuery } from '../paging';
import { LayoutInput, LayoutOutside, LayoutView, LayoutWithSeats } from './schema';
import type { LayoutService } from './service';

/** 100,000 seats as JSON. */
const BODY_BYTES = 16 * 1024 * 1024;

export function layoutRoutes(layouts: LayoutService, access: Access): Router {
  const router = literalRouter();
  const validate = validation(BODY_BYTES);

  router.get(
    '/v1/admin/layouts',
    access('viewer'),
    validate(LIST),
    answers(LIST, async (req, res) => sendData(res, await layouts.list(req.query))),
  );

  router.post(
    '/v1/admin/layouts',
    access('admin'),
    validate({ body: LayoutOutside }),
    answers(CREATE, async (req, res) => sendData(res, await layouts.create(req.operator, req.body))),
  );

  router.get(
    '/v1/admin/layouts/:layoutId',
    access('viewer'),
    answers(GET, async (req, res) => {
      sendText(res, 200, successOf(await layouts.findText(pathId(req, 'layoutId', 'Layout'))));
    }),
  );

  return refuseOtherMethods(router);
}

const tag = 'Layouts';
const layout: LayoutView = {
  layoutId: 1,
  name: 'Main hall',
  hash: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  seatCount: 1000,
  priceClasses: ['VIP', 'R'],
};
const LIST = operation({
  tag,
  summary: 'Layouts, the newest first, at most 100',
  query: PageQuery,
  answer: z.array(LayoutView),
  example: [layout],
});
const CREATE = operation({
  tag,
  summary: 'Makes a layout of rows × seats, of CSV, or of sections with every seat',
  description: 'A layout never changes. The same content again answers with the layout that is there.',
  body: LayoutInput,
  answer: LayoutView,
  example: layout,
});
const GET = operation({
  tag,
  summary: 'A layout with its seats',
  answer: LayoutWithSeats,
  example: {
    ...layout,
    seats: [{ section: 'Stalls', row: 'A', number: '1', priceClass: 'VIP', accessible: false, x: 0, y: 0 }],
  },
  errors: { '404': 'There is none of that number' },
});
