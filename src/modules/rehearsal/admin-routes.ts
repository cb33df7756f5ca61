import type { Router } from 'express';
import { z } from 'zod';
import { sendData } from '../../http/envelope';
import { validation } from '../../http/middleware/validate';
import { answers, operation } from '../../http/operation';
import { literalRouter, refuseOtherMethods } from '../../http/routes';
import { type Access, pathId } from '../organizer/middleware';
import type { RehearsalAdminService } from './admin-service';
import { PageQuery } from '../organizer/paging';
import { Reason } from '../../http/fields';
import { REHEARSALS_PER_PAGE } from './requests';
import { RehearsalRequest, RehearsalView } from './schema';

const BODY_BYTES = 4096;

/** Rehearsals on the management port: acts are audited, passes as well. */
export function rehearsalAdminRoutes(rehearsals: RehearsalAdminService, access: Access): Router {
  const router = literalRouter();
  const validate = validation(BODY_BYTES);
  const idOf = (req: { params: Record<string, string> }): number => pathId(req, 'rehearsalId', 'Rehearsal');

  router.get(
    '/v1/admin/rehearsals',
    access('viewer'),
    validate(LIST),
    answers(LIST, async (req, res) => sendData(res, await rehearsals.list(req.query))),
  );
  router.post(
    '/v1/admin/rehearsals',
    access('admin'),
    validate(REQUEST),
    answers(REQUEST, async ({ body, operator }, res) => {
      sendData(res, await rehearsals.request(operator, body));
    }),
  );
  router.post(
    '/v1/admin/rehearsals/:rehearsalId/cancellation',
    access('admin'),
    validate(CANCEL),
    answers(CANCEL, async (req, res) => {
      sendData(res, await rehearsals.cancel(req.operator, idOf(req), req.body.reason));
    }),
  );
  router.post(
    '/v1/admin/rehearsals/:rehearsalId/pass',
    access('admin'),
    answers(PASS, async (req, res) => sendData(res, await rehearsals.pass(req.operator, idOf(req)))),
  );

  return refuseOtherMethods(router);
}

const tag = 'Rehearsals';
const EXAMPLE: RehearsalView = {
  rehearsalId: 3,
  queueId: 'rehearsal',
  users: 2000,
  seats: 500,
  waitMinutes: 5,
  real: { seats: 20_000, buyers: 200_000 },
  state: 'DONE',
  requestedBy: 'kim',
  requestedAt: '2030-01-02T20:00:00+09:00',
  startedAt: '2030-01-02T20:00:02+09:00',
  endedAt: '2030-01-02T20:03:10+09:00',
  outcome: {
    targetMs: 200,
    p99Ms: 84,
    failedShare: 0,
    isKept: true,
    capacity: { users: 320, isLimit: true },
    sold: 500,
    soldOutAfterSeconds: 61,
    perSecond: 9.2,
    realSoldOutAfterSeconds: 2190,
    realSoldOutRange: { fromSeconds: 2080, toSeconds: 2340 },
  },
  failure: null,
};

const LIST = operation({
  tag,
  summary: `Rehearsals and what they have shown, newest first, at most ${REHEARSALS_PER_PAGE}`,
  query: PageQuery,
  answer: z.array(RehearsalView),
  example: [EXAMPLE],
});

const REQUEST = operation({
  tag,
  summary: 'Ask for a rehearsal',
  description:
    'A sale of hidden seats to test users on the installation as it is. It waits for a runner (npm run load -- rehearse --requests), which has k6 and the account of the database’s owner.',
  body: RehearsalRequest,
  answer: RehearsalView,
  example: { ...EXAMPLE, state: 'WAITING' as const, startedAt: null, endedAt: null, outcome: null },
  errors: {
    '404': 'There is no such queue',
    '409': 'Another rehearsal waits or runs, the queue is the main one, or somebody is in it',
  },
});

const CANCEL = operation({
  tag,
  summary: 'Take back a rehearsal that has not begun',
  body: z.strictObject({ reason: Reason }),
  answer: RehearsalView,
  example: { ...EXAMPLE, state: 'CANCELED' as const, startedAt: null, outcome: null },
  errors: { '404': 'There is no such rehearsal', '409': 'It has begun' },
});

const PASS = operation({
  tag,
  summary: 'A pass for the test users of the rehearsal under way',
  description:
    'By it they get tokens where these cost something, or where the shop names users (POST /v1/api/queue/rehearsal-token).',
  answer: z.object({ pass: z.string(), expiresInSeconds: z.int() }),
  example: { pass: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJwdXJwb3NlIjoi.c2ln', expiresInSeconds: 14_400 },
  errors: { '409': 'This rehearsal is not under way' },
});
