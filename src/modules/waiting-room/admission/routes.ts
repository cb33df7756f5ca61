import type { RequestHandler, Router } from 'express';
import { sendData } from '../../../http/envelope';
import { BadInput } from '../../../http/errors';
import { jsonBody } from '../../../http/middleware/json-body';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { AdmissionCommand, type AdmissionOperatorService } from './operator-service';

const BODY_BYTES = 1024;

/** What the management port gives the waiting room: who may act, and the record of acts. */
export interface OperatorActs {
  access: (atLeast: 'viewer' | 'operator') => RequestHandler;
  audited: (what: {
    act: string;
    subjectOf: (req: { params: Record<string, unknown> }) => string;
    before?: (req: { params: Record<string, unknown> }) => unknown;
  }) => RequestHandler;
}

const queueOf = ({ params }: { params: Record<string, unknown> }): string => String(params.queueId);

/** The queues' admission. */
export function operatorRoutes(
  operators: AdmissionOperatorService,
  { access, audited }: OperatorActs,
): Router {
  const router = literalRouter();

  router.get('/queues', access('viewer'), (_req, res) => sendData(res, operators.status()));

  router.post(
    '/queues/:queueId/admission',
    access('operator'),
    jsonBody(BODY_BYTES),
    audited({
      act: 'queue.admission',
      subjectOf: (req) => `queue:${queueOf(req)}`,
      before: (req) => operators.status().find(({ queueId }) => queueId === queueOf(req)),
    }),
    async (req, res) => {
      const command = AdmissionCommand.safeParse(req.body);
      if (!command.success)
        throw new BadInput('command: pause, resume, auto, or limit or rate with a value from 1 on.');
      sendData(res, await operators.execute(queueOf(req), command.data));
    },
  );

  return refuseOtherMethods(router);
}
