import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler, Router } from 'express';
import { Unauthorized } from '../../../common/errors';
import { sendData } from '../../../http/envelope';
import { BadInput } from '../../../http/errors';
import { jsonBody } from '../../../http/middleware/json-body';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { readToken } from '../../../http/token';
import { AdmissionCommand, type AdmissionOperatorService } from './operator-service';

const BODY_BYTES = 1024;

/** The queues' admission, for operators who have MANAGEMENT_TOKEN. */
export function operatorRoutes(operators: AdmissionOperatorService, token: string): Router {
  const operator = operatorToken(token);
  const router = literalRouter();

  router.get('/queues', operator, (_req, res) => sendData(res, operators.status()));

  router.post('/queues/:queueId/admission', operator, jsonBody(BODY_BYTES), async (req, res) => {
    const command = AdmissionCommand.safeParse(req.body);
    if (!command.success)
      throw new BadInput('command: pause, resume, auto, or limit or rate with a value from 1 on.');
    sendData(res, await operators.execute(String(req.params.queueId), command.data));
  });

  return refuseOtherMethods(router);
}

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Lets only those pass who have MANAGEMENT_TOKEN. */
export function operatorToken(token: string): RequestHandler {
  const expected = hashOf(token);
  return (req, _res, next) => {
    // Hashes are of one length, and are compared in the same time whatever they are.
    if (!timingSafeEqual(hashOf(readToken(req)), expected))
      throw new Unauthorized('Authorization: this is not MANAGEMENT_TOKEN.');
    next();
  };
}
