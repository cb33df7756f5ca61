import type { Request, Router } from 'express';
import { z } from 'zod';
import { sendData } from '../../../http/envelope';
import { matchedTags } from '../../../http/encoding/entity-tags';
import { BadInput } from '../../../http/errors';
import { Reason } from '../../../http/fields';
import { jsonBody } from '../../../http/middleware/json-body';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { OperatorActs } from '../admission/routes';
import { ChangedMeanwhile } from '../errors';
import { Notice } from './schema';
import type { QueueStatusService } from './service';

const BODY_BYTES = 8192;
const NoticeBody = z.union([
  Notice.nullable(),
  z.strictObject({ notice: Notice.nullable(), reason: Reason.optional() }),
]);

/** Messages of operators to all waiting users. */
export function noticeRoutes(statuses: QueueStatusService, { access, audited }: OperatorActs): Router {
  const router = literalRouter();

  const record = audited({
    act: 'queue.notice',
    subjectOf: ({ params }) => `queue:${String(params.queueId)}`,
  });

  router.post(
    '/queues/:queueId/notice',
    access('operator'),
    jsonBody(BODY_BYTES),
    record,
    async (req, res) => {
      const body = NoticeBody.safeParse(req.body);
      if (!body.success)
        throw new BadInput(
          'body: {"ko": "…", "en": "…"} with at most 500 characters each, or null; or {"notice": one of these, "reason": "…"}.',
        );
      const { notice, reason } =
        body.data !== null && 'notice' in body.data ? body.data : { notice: body.data, reason: undefined };
      const set = await statuses.setNotice(String(req.params.queueId), notice, expectedNotices(req));
      res.locals.act = { isChange: set.isChange, reason, before: set.before, after: notice };
      res.exchange.headers.push('ETag', `"${set.tag}"`);
      sendData(res, notice);
    },
  );

  return refuseOtherMethods(router);
}

/**
 * The notices of which the operator has seen one, by their tags; undefined: any is meant.
 * @throws ChangedMeanwhile (412)
 */
function expectedNotices({ headers }: Request): string[] | undefined {
  const tags = matchedTags(headers['if-match'] ?? '*');
  if (tags?.length === 0) throw new ChangedMeanwhile('The notice');
  return tags;
}
