import type { Router } from 'express';
import { sendData } from '../../../http/envelope';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { type Access, ifMatch, pathId, tagVersion } from '../middleware';
import type { SaleService } from './sale-service';
import { SaleInput, SaleView } from './schema';

const BODY_BYTES = 4096;

export function saleRoutes(sales: SaleService, access: Access): Router {
  const router = literalRouter();
  const validate = validation(BODY_BYTES);

  router.post(
    '/v1/admin/schedules/:scheduleId/sale',
    access('operator'),
    ifMatch,
    validate(SET_SALE),
    answers(SET_SALE, async (req, res) => {
      const id = pathId(req, 'scheduleId', 'Schedule');
      const { view, version } = await sales.set(req.operator, id, req.expectedVersions, req.body);
      tagVersion(res, version);
      sendData(res, view);
    }),
  );

  return refuseOtherMethods(router);
}

const SET_SALE = operation({
  tag: 'Programme',
  summary: 'Opens or closes the sale of a published schedule at once',
  description:
    'A sale that is so already stays as it is. To open one that has closed takes its end away. Orders that are held may still be paid.',
  body: SaleInput,
  answer: SaleView,
  example: { scheduleId: 7, sale: 'OPEN', opensAt: '2030-01-02T20:00:00+09:00', closesAt: null },
  errors: { '404': 'There is none of that number', '409': 'It is not published, or has begun' },
});
