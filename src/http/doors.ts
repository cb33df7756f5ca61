import { createHash, timingSafeEqual } from 'node:crypto';
import { type Request, Router } from 'express';
import { BadInput, Unauthorized } from '../errors';
import { DoorAct, type Doors } from '../modules/queue/hand';
import { readJson } from './body';
import { success } from './envelope';
import { LITERAL } from './operations';
import { readToken } from './token';

const BODY_BYTES = 1024;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The lines' doors, for whoever has MANAGEMENT_TOKEN. */
export function doorRoutes(doors: Doors, token: string): Router {
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
  router.post('/queues/:queueId/door', async (req, res) => {
    demandToken(req);
    const order = DoorAct.safeParse(await readJson(req, BODY_BYTES));
    if (!order.success)
      throw new BadInput('act: pause, resume, auto, or cap or rate with a value from 1 on.');
    res.type('json').send(success(await doors.operate(req.params.queueId, order.data)));
  });
  return router;
}
