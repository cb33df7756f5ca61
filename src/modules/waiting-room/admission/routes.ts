import { createHash, timingSafeEqual } from 'node:crypto';
import { type Request, Router } from 'express';
import { BadInput, Unauthorized } from '../../../common/errors';
import { AdmissionCommand, type AdmissionOperatorService } from './operator-service';
import { readJson } from '../../../http/body';
import { success } from '../../../http/envelope';
import { LITERAL } from '../../operations/routes';
import { readToken } from '../../../http/token';

const BODY_BYTES = 1024;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The lines' doors, for whoever has MANAGEMENT_TOKEN. */
export function operatorRoutes(doors: AdmissionOperatorService, token: string): Router {
  const expected = hashOf(token);
  const demandToken = (req: Request): void => {
    // Hashes are of one length, and are compared in the same time whatever they are.
    if (!timingSafeEqual(hashOf(readToken(req)), expected))
      throw new Unauthorized('Authorization: this is not MANAGEMENT_TOKEN.');
  };
  const router = Router(LITERAL);
  router.get('/queues', (req, res) => {
    demandToken(req);
    res.type('json').send(success(doors.status()));
  });
  router.post('/queues/:queueId/admission', async (req, res) => {
    demandToken(req);
    const order = AdmissionCommand.safeParse(await readJson(req, BODY_BYTES));
    if (!order.success)
      throw new BadInput('command: pause, resume, auto, or limit or rate with a value from 1 on.');
    res.type('json').send(success(await doors.execute(req.params.queueId, order.data)));
  });
  return router;
}
