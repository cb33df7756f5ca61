import type { Router } from 'express';
import { z } from 'zod';
import { sendData } from '../../../http/envelope';
import { Id, OffsetTime, QueryId } from '../../../http/fields';
import { validation } from '../../../http/middleware/validate';
import { answers, operation } from '../../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../../http/routes';
import type { Access } from '../middleware';
import type { AuditService } from './service';

const PAGE = 100;

const AuditQuery = z.object({
  actor: z.string().max(64).optional(),
  subject: z.string().max(100).optional().describe('`schedule:7`, `order:12`, `queue:main`, …'),
  before: QueryId.optional().describe('Only older entries than this one: the last one of the page before'),
});

const AuditEntry = z.object({
  id: Id,
  at: OffsetTime,
  actor: z.string(),
  role: z.string(),
  act: z.string(),
  subject: z.string(),
  reason: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
});

export function auditRoutes(audit: AuditService, access: Access): Router {
  const router = literalRouter();
  const validate = validation(0);

  router.get(
    '/v1/admin/audit',
    access('viewer'),
    validate(LIST),
    answers(LIST, async (req, res) => sendData(res, await audit.list({ ...req.query, limit: PAGE }))),
  );

  return refuseOtherMethods(router);
}

const LIST = operation({
  tag: 'Audit',
  summary: `What operators did, newest first, at most ${PAGE}`,
  query: AuditQuery,
  answer: z.array(AuditEntry),
  example: [
    {
      id: 1,
      at: '2030-01-02T20:00:00+09:00',
      actor: 'kim',
      role: 'admin',
      act: 'schedule.publish',
      subject: 'schedule:7',
      reason: null,
      before: { state: 'DRAFT' },
      after: { state: 'PUBLISHED' },
    },
  ],
});
