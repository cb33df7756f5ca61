import type { Router } from 'express';
import { sendData } from '../../../http/envelope';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { type Access, pathId } from '../middleware';
import { CancellationInput, CancellationView } from './schema';
import type { CancellationService } from './service';

const BODY_BYTES = 4096;
const PATH = '/v1/admin/schedules/:scheduleId/cancellation';

export function cancellationRoutes(cancellations: CancellationService, access: Access): Router {
  const router = literalRouter();
  const validate = validation(BODY_BYTES);

  router.post(
    PATH,
    access('admin'),
    validate(CANCEL),
    answers(CANCEL, async (req, res) => {
      const id = pathId(req, 'scheduleId', 'Schedule');
      sendData(res, await cancellations.cancel(req.operator, id, req.body.reason));
    }),
  );

  router.get(
    PATH,
    access('viewer'),
    answers(PROGRESS, async (req, res) => {
      sendData(res, await cancellations.progress(pathId(req, 'scheduleId', 'Schedule')));
    }),
  );

  return refuseOtherMethods(router);
}

const tag = 'Programme';
const example: CancellationView = {
  scheduleId: 7,
  state: 'RUNNING',
  orders: 812,
  remaining: 311,
  failed: 0,
  startedAt: '2030-01-20T10:00:00+09:00',
  finishedAt: null,
};
const CANCEL = operation({
  tag,
  summary: 'Cancels a schedule: nothing is sold from now on, and the worker refunds every order',
  description: 'Asked again it answers with the progress.',
  body: CancellationInput,
  answer: CancellationView,
  example,
  errors: { '404': 'There is none of that number', '409': 'The concert is over' },
});
const PROGRESS = operation({
  tag,
  summary: 'How far the refunds of a canceled schedule are',
  answer: CancellationView,
  example,
  errors: { '404': 'The schedule was not canceled' },
});
