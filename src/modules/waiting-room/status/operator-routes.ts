import type { Router } from 'express';
import { sendData } from '../../../http/envelope';
import { BadInput } from '../../../http/errors';
import { jsonBody } from '../../../http/middleware/json-body';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { OperatorActs } from '../admission/routes';
import { Notice } from './schema';
import type { QueueStatusService } from './service';

const BODY_BYTES = 8192;
const NoticeBody = Notice.nullable();

/** What operators say to all who wait. */
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
      const notice = NoticeBody.safeParse(req.body);
      if (!notice.success)
        throw new BadInput('body: {"ko": "…", "en": "…"} with at most 500 characters each, or null.');
      await statuses.setNotice(String(req.params.queueId), notice.data);
      sendData(res, notice.data);
    },
  );

  return refuseOtherMethods(router);
}
