import type { Request, RequestHandler, Response, Router } from 'express';
import { z } from 'zod';
import { sendData } from '../../../http/envelope';
import { matchedTags } from '../../../http/encoding/entity-tags';
import { BadInput } from '../../../http/errors';
import { Reason } from '../../../http/fields';
import { jsonBody } from '../../../http/middleware/json-body';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import { ChangedMeanwhile } from '../errors';
import type { AdmissionOperatorService } from './operator-service';
import { isTag } from './override';

const BODY_BYTES = 4096;

const reason = Reason.optional();

/** What an operator may do to a queue's admission; `auto` removes the override of limit and rate. */
const AdmissionCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.enum(['pause', 'resume', 'auto']), reason }),
  z.strictObject({ command: z.enum(['limit', 'rate']), value: z.int().min(1).max(999_999_999), reason }),
]);

/** Services of the management port that these routes need: access rights and the audit. */
export interface OperatorActs {
  access: (atLeast: 'viewer' | 'operator') => RequestHandler;
  audited: (what: {
    act: string;
    subjectOf: (req: { params: Record<string, unknown> }) => string;
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
    audited({ act: 'queue.admission', subjectOf: (req) => `queue:${queueOf(req)}` }),
    async (req, res) => {
      const parsed = AdmissionCommand.safeParse(req.body);
      if (!parsed.success)
        throw new BadInput(
          'command: pause, resume, auto, or limit or rate with a value from 1 on; and a reason, if you like.',
        );
      const { command, reason: why } = parsed.data;
      const value = 'value' in parsed.data ? parsed.data.value : undefined;
      const expected = expectedOverrides(req);
      const done = await operators.execute(queueOf(req), command, value ?? 0, expected);
      const { activeLimit, admissionRateLimit, paused, source } = done.status;
      const after = { command, ...(value && { value }), activeLimit, admissionRateLimit, paused, source };
      res.locals.act = { isChange: done.isChange, reason: why, before: done.before, after };
      tagOverride(res, done.status.overrideTag);
      sendData(res, done.status);
    },
  );

  return refuseOtherMethods(router);
}

/**
 * If-Match names the overrides of which the operator has seen one, by their tags; without it any is meant.
 * @throws ChangedMeanwhile (412)
 */
function expectedOverrides({ headers }: Request): string[] | undefined {
  const tags = matchedTags(headers['if-match'] ?? '*')?.filter(isTag);
  if (tags?.length === 0) throw new ChangedMeanwhile('The override');
  return tags;
}

const tagOverride = (res: Response, tag: string): void => {
  res.exchange.headers.push('ETag', `"${tag}"`);
};
